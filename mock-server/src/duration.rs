//! Lengths of time as people write them.

use std::time::Duration;

/// Reads `500ms`, `30s`, `15m`, `12h`, `7d`; a bare number is seconds.
///
/// The npm package `jsonwebtoken` reads a bare number in a string as milliseconds. Here, as in a JWT,
/// it is seconds.
///
/// # Errors
/// One sentence saying how to write it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_ms: u64 = match unit.trim_start() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(advice(text)),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_ms))
        // A hundred years: longer is a mistake, and would not fit a JWT's date everywhere.
        .filter(|ms| *ms <= 100 * 366 * 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(|| advice(text))
}

fn advice(text: &str) -> String {
    format!(
        "\"{text}\" is not a length of time; write 500ms, 30s, 15m, 12h or 7d, at most 100 years"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_and_a_bare_number_is_seconds() {
        for (text, ms) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("15m", 900_000),
            ("12h", 43_200_000),
            ("7d", 604_800_000),
            ("90", 90_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_told_how_to_write_it() {
        for text in [
            "",
            "m",
            "-1s",
            "1.5h",
            "15 minutes",
            "1w",
            "99999999999999999999d",
            "9999999d",
            "１５m",
        ] {
            assert!(
                parse(text).is_err_and(|advice| advice.contains("15m")),
                "{text}"
            );
        }
    }
}
