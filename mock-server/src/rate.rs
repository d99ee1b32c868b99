//! How often, as people write it.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// The most that can be asked for: beyond it a limit limits nothing.
const MOST: u32 = 1_000_000;

/// How many logins, and how many refreshes, one address may ask for in a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimit {
    /// As many as it likes.
    #[default]
    Off,
    /// So many in that time; all of them may come at once.
    Per {
        /// How many.
        count: NonZeroU32,
        /// The time.
        period: Duration,
    },
}

impl RateLimit {
    /// Reads `600/min`, `10/s`, `5000/h` or `off`.
    ///
    /// # Errors
    /// One sentence saying how to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "off" {
            return Ok(Self::Off);
        }
        let advice = || {
            format!(
                "\"{text}\" is not a rate; write 10/s, 600/min or 5000/h, 1 to {MOST} of them, or off"
            )
        };
        let (count, unit) = text.split_once('/').ok_or_else(advice)?;
        let seconds = match unit.trim() {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            _ => return Err(advice()),
        };
        // The standard library's reading would take a plus sign.
        let digits =
            !count.trim().is_empty() && count.trim().bytes().all(|byte| byte.is_ascii_digit());
        let count = count.trim().parse().ok().filter(|_| digits);
        match count.and_then(NonZeroU32::new) {
            Some(count) if count.get() <= MOST => Ok(Self::Per {
                count,
                period: Duration::from_secs(seconds),
            }),
            Some(_) | None => Err(advice()),
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Per { count, period } => match period.as_secs() {
                1 => write!(f, "{count}/s"),
                60 => write!(f, "{count}/min"),
                3_600 => write!(f, "{count}/h"),
                seconds => write!(f, "{count} in {seconds} s"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for text in ["10/s", "600/min", "5000/h", "1/s", "1000000/min", "off"] {
            assert_eq!(
                RateLimit::parse(text).map(|rate| rate.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn anything_else_is_told_how_to_write_it() {
        for text in [
            "",
            "600",
            "0/min",
            "-1/s",
            "+1/s",
            "1/day",
            "1.5/s",
            "/s",
            "1000001/s",
            "99999999999/s",
            "on",
        ] {
            assert!(
                RateLimit::parse(text).is_err_and(|advice| advice.contains("600/min")),
                "{text}"
            );
        }
    }
}
