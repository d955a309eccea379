//! JSON texts that are passed on as they came.
//!
//! Where a signal's `data` ends, and whether it is JSON at all, is found sixteen bytes at a time (docs/adr/0006). This only ever finds
//! the end of what `serde_json` would read too. It never says that something is wrong: what it does not take, such as a value nested
//! deeper than 64 levels, is left to `serde_json`.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON text (RFC 8259) that was read, and is passed on byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// Reads the JSON value that the text begins with, without white space before it; gives it, and what stands after it. `None` where
    /// that is for [`serde_json`] to judge.
    pub(super) fn take(text: &'a str) -> Option<(Self, &'a str)> {
        let (value, rest) = text.split_at_checked(value_end(text.as_bytes())?)?;
        Some((Self(value), rest))
    }

    /// The text.
    #[must_use]
    pub fn get(self) -> &'a str {
        self.0
    }
}

impl<'a> From<&'a RawValue> for Json<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self(raw.get())
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // A `RawValue` is the only way to write JSON as it is, and reading the only way to make a borrowed one.
        serde_json::from_str::<&RawValue>(self.0).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// How many bytes are looked at together.
const CHUNK: usize = 16;

/// How many objects and arrays may be open at once.
const DEPTH: usize = 64;

/// What is open, innermost last.
#[derive(Default)]
struct Nesting {
    depth: usize,
    /// A bit for each, set for an object.
    objects: u64,
}

impl Nesting {
    fn open(&mut self, is_object: bool) -> Option<()> {
        if self.depth == DEPTH {
            return None;
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u64::from(is_object);
        Some(())
    }

    fn close(&mut self, is_object: bool) -> Option<()> {
        if self.is_in_object() != is_object {
            return None;
        }
        self.depth = self.depth.checked_sub(1)?;
        self.objects >>= 1;
        Some(())
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

/// Where the JSON value ends that the text begins with.
fn value_end(text: &[u8]) -> Option<usize> {
    let mut nesting = Nesting::default();
    let mut at = 0;
    loop {
        match text.get(at)? {
            b'{' => {
                nesting.open(true)?;
                at = after_space(text, at + 1);
                if text.get(at) != Some(&b'}') {
                    at = after_name(text, at)?;
                    continue;
                }
            }
            b'[' => {
                nesting.open(false)?;
                at = after_space(text, at + 1);
                if text.get(at) != Some(&b']') {
                    continue;
                }
            }
            b'"' => at = string_end(text, at + 1)?,
            b't' => at = after_word(text, at, b"true")?,
            b'f' => at = after_word(text, at, b"false")?,
            b'n' => at = after_word(text, at, b"null")?,
            _ => at = number_end(text, at)?,
        }
        while nesting.depth > 0 {
            at = after_space(text, at);
            let byte = text.get(at)?;
            at += 1;
            match byte {
                b',' => {
                    at = after_space(text, at);
                    if nesting.is_in_object() {
                        at = after_name(text, at)?;
                    }
                    break;
                }
                b'}' => nesting.close(true)?,
                b']' => nesting.close(false)?,
                _ => return None,
            }
        }
        if nesting.depth == 0 {
            return Some(at);
        }
    }
}

#[inline]
fn after_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// Where the value of an object's member begins whose name stands here.
fn after_name(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let at = after_space(text, string_end(text, at + 1)?);
    (text.get(at) == Some(&b':')).then(|| after_space(text, at + 1))
}

fn after_word(text: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(word).then_some(at + word.len())
}

/// Where a number ends (RFC 8259, section 6).
fn number_end(text: &[u8], start: usize) -> Option<usize> {
    let some_digits = |start: usize| {
        let mut at = start;
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        Some(at).filter(|&end| end > start)
    };
    let whole = if text.get(start) == Some(&b'-') { start + 1 } else { start };
    let mut at = if text.get(whole) == Some(&b'0') { whole + 1 } else { some_digits(whole)? };
    if text.get(at) == Some(&b'.') {
        at = some_digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at = some_digits(if let Some(b'+' | b'-') = text.get(at + 1) { at + 2 } else { at + 1 })?;
    }
    Some(at)
}

/// Where a string ends whose first character stands here: behind its closing quote (RFC 8259, section 7).
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut chunk_at = start;
    let mut escaped_until = start;
    loop {
        let rest = text.get(chunk_at..)?;
        let stops = match rest.first_chunk() {
            Some(chunk) => stops(chunk),
            None => stops_of_few(rest),
        };
        loop {
            // An escape has six bytes at most, so this is no more than 21: fewer than there are bits.
            let escaped = escaped_until.saturating_sub(chunk_at);
            let unescaped = stops >> escaped << escaped;
            if unescaped == 0 {
                break;
            }
            let at = chunk_at + unescaped.trailing_zeros() as usize;
            match text.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => escaped_until = escape_end(text, at + 1)?,
                _ => return None,
            }
        }
        chunk_at += CHUNK;
    }
}

/// Where an escape ends whose backslash stands before this.
fn escape_end(text: &[u8], at: usize) -> Option<usize> {
    match text.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => text.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 5),
        _ => None,
    }
}

/// The same as `stops`, of less than a chunk.
#[cold]
fn stops_of_few(text: &[u8]) -> u32 {
    let mut chunk = [b' '; CHUNK];
    chunk.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    stops(&chunk)
}

/// Which bytes a string cannot simply have, as bits, the first byte's lowest: quotes, backslashes and control characters.
#[cfg(not(target_arch = "wasm32"))]
fn stops(chunk: &[u8; CHUNK]) -> u32 {
    let is_stop = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    chunk.iter().rev().fold(0, |stops, &byte| stops << 1 | u32::from(is_stop(byte)))
}

/// The same, in a few instructions, which the compiler does not find by itself.
#[cfg(target_arch = "wasm32")]
#[inline]
#[target_feature(enable = "simd128")]
fn stops(chunk: &[u8; CHUNK]) -> u32 {
    use std::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128_or};

    let ([low, high], _) = chunk.as_chunks() else { return 0 };
    let chunk = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
    let quotes = u8x16_eq(chunk, u8x16_splat(b'"'));
    let backslashes = u8x16_eq(chunk, u8x16_splat(b'\\'));
    let controls = u8x16_lt(chunk, u8x16_splat(b' '));
    u8x16_bitmask(v128_or(v128_or(quotes, backslashes), controls)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> Option<(&str, &str)> {
        Json::take(text).map(|(value, rest)| (value.get(), rest))
    }

    #[test]
    fn every_kind_of_value_is_taken_as_far_as_it_goes() {
        let values = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-12.50e-3",
            "1E+9",
            "[]",
            "[ ]",
            "{}",
            "{\n}",
            "[1, [2,{}],\t3 ]",
            r#"{"a":1, "b" : [true,{"":null}] }"#,
            r#""""#,
            r#""fifteen letters""#,
            r#""sixteen letters!""#,
            r#""what stands in a string of more than thirty-two letters""#,
            r#""\"\\\/\b\f\n\r\t\u00e9\uD83D""#,
            r#""fourteen lette\u0041fter the chunk""#,
            r#""fifteen letter\\""#,
            "\"é, 日本語 and \u{7f}\"",
        ];
        for value in values {
            for rest in ["", ",", "}", "]", " ", r#","ref":"1"}"#] {
                assert_eq!(taken(&format!("{value}{rest}")), Some((value, rest)));
            }
        }
    }

    #[test]
    fn what_is_no_value_is_not_taken() {
        let texts = [
            "",
            " 1",
            "-",
            "+1",
            ".5",
            "1.",
            "1e",
            "1e+",
            "nul",
            "True",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1}",
            "{",
            "{1:2}",
            "{a:1}",
            "{\"a\"",
            "{\"a\"}",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{\"a\":1]",
            "[1 2]",
            "\"",
            "\"a",
            "\"\\",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"a line\nbreak\"",
            "\"\0\"",
            "\"what stands in a string of more than thirty-two letters",
            "'a'",
            "]",
            "}",
        ];
        for text in texts {
            assert_eq!(taken(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_nested_deeper_than_there_are_bits_is_left_to_others() {
        let nested =
            |depth: usize| format!("{}{}", r#"[{"a":"#.repeat(depth / 2), "}]".repeat(depth / 2)).replace(":}", ":1}");
        assert_eq!(taken(&nested(64)), Some((nested(64).as_str(), "")));
        assert_eq!(taken(&format!("[{}]", nested(64))), None);
    }
}
