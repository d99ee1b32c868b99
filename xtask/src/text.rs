//! Bytes as a string of JavaScript.
//!
//! The default entry point has the engine inside. As base64 a byte would begin at any of four places in a character, so that what
//! repeats in the engine no longer repeats in the text, and brotli makes 42.0 KB of it. Here a byte is one character, or one
//! behind a prefix that says from where to count, and brotli makes 33.7 KB, 2 % more than of the engine itself. Only printable
//! ASCII is used, which no tool rewrites, and neither the quote around it, nor a backslash, nor `<`. npm/src/text.ts reads it.

/// How many bytes have one character; others count from the next so many, or from those after them.
const PAGE: u8 = 88;

/// The character of a page's first byte.
const FIRST: u8 = b'#';

/// A module that exports them.
pub(crate) fn module(bytes: &[u8]) -> String {
    format!("export default \"{}\";\n", text(bytes))
}

fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 5 / 4);
    for byte in bytes {
        match byte / PAGE {
            0 => {}
            1 => text.push('{'),
            _ => text.push('|'),
        }
        text.push(match FIRST + byte % PAGE {
            b'\\' => '!',
            b'<' => '}',
            plain => char::from(plain),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_a_text_of_its_own_that_a_string_of_javascript_can_hold_as_it_is() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut seen = std::collections::BTreeSet::new();
        for byte in &bytes {
            let text = text(&[*byte]);
            assert!(!text.contains(['"', '\\', '<']), "{byte}: {text}");
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{byte}");
            assert!(!text[..text.len() - 1].contains(|c| !"{|".contains(c)));
            assert!(seen.insert(text), "{byte}");
        }
        assert_eq!(text(&[0, 57, 25, 87, 88, 255]), "#!}z{#|r");
    }
}
