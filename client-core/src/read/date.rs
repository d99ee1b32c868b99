//! Dates as headers and bodies write them, in whole seconds since 1970.
//!
//! All forms are read by one scan, since the engine is shipped: their numbers come in an order that the
//! name of a month, or the lack of one, tells apart.
//!
//! ```text
//! Sun, 06 Nov 1994 08:49:37 GMT     day year time       HTTP-date (RFC 9110 §5.6.7),
//! Sunday, 06-Nov-94 08:49:37 GMT    day year time       its obsolete forms
//! Sun Nov  6 08:49:37 1994          day time year
//! 1994-11-06T08:49:37.5+02:00       year month day time [fraction] [zone]   ISO 8601 (RFC 3339 §5.6)
//! ```

/// The most numbers a date has: with a fraction and a zone.
const MOST: usize = 9;

/// A day in minutes: no zone is further from UTC.
const DAY: i64 = 1_440;

/// Reads a date in any of these forms. Without a zone it is UTC. A year of two digits is in this
/// century's first seventy years or in the last century (RFC 6265 §5.1.1).
pub(super) fn read(text: &str) -> Option<i64> {
    let mut numbers = [0; MOST];
    let mut count = 0;
    let mut month = None;
    // Where the zone begins among the numbers, and on which side of UTC it is.
    let mut zone = (MOST, 0);
    let runs = text.as_bytes().chunk_by(|a, b| is_same(*a, *b)).enumerate();
    for (place, run) in runs {
        match run {
            [b'0'..=b'9', ..] => {
                *numbers.get_mut(count)? = number(run)?;
                count += 1;
            }
            [b'a'..=b'z' | b'A'..=b'Z', ..] => match month_of(run) {
                Some(number) if month.is_none() => month = Some(number),
                // The first is the day of the week; any other zone would be another time.
                _ if place == 0 || matches!(run, b"GMT" | b"UTC" | b"T" | b"Z") => {}
                _ => return None,
            },
            [sign @ (b'+' | b'-')] if count >= 6 => {
                zone = (count, if *sign == b'+' { 1 } else { -1 });
            }
            _ => {}
        }
    }
    let [first, second, third, fourth, fifth, sixth, ..] = numbers;
    let (year, month, day, time) = match (month, count) {
        (Some(month), 5) if (100..).contains(&fifth) => {
            (fifth, month, first, (second, third, fourth))
        }
        (Some(month), 5) if (..70).contains(&second) => {
            (second + 2_000, month, first, (third, fourth, fifth))
        }
        (Some(month), 5) if (70..100).contains(&second) => {
            (second + 1_900, month, first, (third, fourth, fifth))
        }
        (Some(month), 5) => (second, month, first, (third, fourth, fifth)),
        (None, 6..) => (first, second, third, (fourth, fifth, sixth)),
        _ => return None,
    };
    // `+0200` is one number, `+02:00` are two.
    let (at, side) = zone;
    let ahead = match (numbers.get(at), numbers.get(at + 1)) {
        (Some(both @ 100..), _) => both / 100 * 60 + both % 100,
        (Some(hours), minutes) => hours * 60 + minutes.unwrap_or(&0),
        (None, _) => 0,
    };
    let utc = midnight(year, month, day)? + clock(time)? - side * ahead * 60;
    (ahead < DAY).then_some(utc)
}

/// More than any number means: every year, and every wait that is kept to, is less. With it no sum of
/// these numbers overflows.
const GREATEST: i64 = 1_000_000;

/// Digits alone, at most [`GREATEST`].
pub(super) fn number(digits: &[u8]) -> Option<i64> {
    let mut number = None;
    for digit in digits {
        let value = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        number = Some((number.unwrap_or(0) * 10 + value).min(GREATEST));
    }
    number
}

/// Whether two neighbours belong to one number or one name.
fn is_same(a: u8, b: u8) -> bool {
    a.is_ascii_digit() && b.is_ascii_digit() || a.is_ascii_alphabetic() && b.is_ascii_alphabetic()
}

fn month_of(name: &[u8]) -> Option<i64> {
    let mut months = b"JanFebMarAprMayJunJulAugSepOctNovDec".chunks_exact(3);
    let place = months.position(|month| month == name)?;
    Some(place as i64 + 1)
}

/// Seconds from midnight; a leap second counts.
fn clock((hours, minutes, seconds): (i64, i64, i64)) -> Option<i64> {
    let is_time = hours < 24 && minutes < 60 && seconds <= 60;
    is_time.then_some(hours * 3_600 + minutes * 60 + seconds)
}

/// Seconds from 1970 to the beginning of a day of the Gregorian calendar. The year is counted from
/// March, so that the leap day is its last.
fn midnight(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let years = if month < 3 { year - 1 } else { year };
    let days_before_month = (153 * ((month + 9) % 12) + 2) / 5;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + days_before_month + day - 1;
    Some((days - 719_468) * 86_400)
}
