//! Words with spaces between them: how messages and notes are written. (`format!` and a parser of JSON weigh
//! more in a browser than all of this.)

use crate::read::is_token;

/// As much as a server takes for an `Idempotency-Key`.
const LONGEST_KEY: usize = 256;

/// In front of everything, so that another version of this package knows that it need not understand it.
const VERSION: &str = "2";

/// Stands where there is nothing.
const NOTHING: &str = "-";

/// Whether it can be sent as an `Idempotency-Key`.
pub(crate) fn is_key(text: &str) -> bool {
    text != NOTHING && text.len() <= LONGEST_KEY && is_token(text)
}

/// Writes one line of words.
#[derive(Debug)]
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new() -> Self {
        Self(String::from(VERSION))
    }

    pub(super) fn word(mut self, word: &str) -> Self {
        for part in [" ", word] {
            self.0.push_str(part);
        }
        self
    }

    /// A number, in hexadecimal.
    pub(super) fn number(self, number: u64) -> Self {
        let Self(mut text) = self.word("");
        let digits = (64 - (number | 1).leading_zeros()).div_ceil(4);
        for place in (0..digits).rev() {
            let digit = (number >> (place * 4)) & 0xF;
            let digit = digit as usize;
            text.push_str("0123456789abcdef".get(digit..=digit).unwrap_or_default());
        }
        Self(text)
    }

    pub(super) fn flag(self, flag: bool) -> Self {
        self.number(u64::from(flag))
    }

    pub(super) fn key(self, key: Option<&str>) -> Self {
        self.word(key.unwrap_or(NOTHING))
    }

    pub(super) fn optional(self, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => self.word(NOTHING),
        }
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

/// Reads one line of words. Every reading method ends the reading where it finds something else.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let mut reader = Self(text);
        (reader.word()? == VERSION).then_some(reader)
    }

    pub(super) fn word(&mut self) -> Option<&'a str> {
        let (word, rest) = split_word(self.0);
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        number(self.word()?)
    }

    /// A number that is small, or what was read is nonsense.
    pub(super) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.number()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn optional(&mut self) -> Option<Option<u64>> {
        match self.word()? {
            NOTHING => Some(None),
            word => Some(Some(number(word)?)),
        }
    }

    pub(super) fn key(&mut self) -> Option<Option<String>> {
        match self.word()? {
            NOTHING => Some(None),
            word => is_key(word).then(|| Some(word.into())),
        }
    }

    /// All that has not been read, spaces included.
    pub(super) fn rest(self) -> &'a str {
        self.0
    }
}

/// The text up to the first space, and after it. (`split_once`, which can split at anything, weighs 0.1 KB more.)
pub(crate) fn split_word(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| byte == b' ');
    let word = text.get(..end.unwrap_or(text.len()));
    let rest = end.and_then(|end| text.get(end + 1..));
    (word.unwrap_or_default(), rest.unwrap_or_default())
}

/// A number as [`Writer::number`] writes it, and no other way.
fn number(word: &str) -> Option<u64> {
    word.bytes().try_fold(0_u64, |number, byte| {
        let digit = char::from(byte).to_digit(16)?;
        let fits = number >> 60 == 0;
        fits.then_some((number << 4) | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for value in [0, 1, 9, 15, 16, 255, 256, 0xdead_beef, u64::MAX] {
            let text = Writer::new().number(value).text();
            assert_eq!(text, format!("2 {value:x}"));
            assert_eq!(Reader::new(&text).unwrap().number(), Some(value));
        }
    }

    #[test]
    fn a_sign_a_point_or_too_many_digits_make_no_number() {
        for text in ["2 +1", "2 -1", "2 1.0", "2 10000000000000000", "2 ", "2"] {
            assert_eq!(Reader::new(text).unwrap().number(), None, "{text}");
        }
    }

    #[test]
    fn another_version_is_not_read() {
        for text in ["", "1 1", "3 1", "{\"v\":2}"] {
            assert!(Reader::new(text).is_none(), "{text}");
        }
    }
}
