//! The fast way out for elements: everything is written as if nothing in it needed an escape, text in blocks of a
//! fixed size, and the whole is looked through once at the end.

use crate::value::Number;

use super::{BOOL, Element, FIELD, FLOAT, INT, KEY, STRING, VALUE};

/// Bytes of text that are copied at once.
const BLOCK: usize = 16;

/// Elements as they stand in fieldsV1, which grow to one text.
#[derive(Debug)]
pub(crate) struct Writer {
    out: Vec<u8>,
    /// Whether every element is written by the general way.
    is_careful: bool,
    /// How many quotes and backslashes stand in `out` if no text brought one along.
    escapes: usize,
}

impl Writer {
    /// One that may turn out not to be able to write what it was given.
    pub(crate) fn quick(capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), is_careful: false, escapes: 0 }
    }

    /// One that writes everything.
    pub(crate) fn careful(capacity: usize) -> Self {
        Self { is_careful: true, ..Self::quick(capacity) }
    }

    /// The text; `None` if it should have been written by a careful writer.
    pub(crate) fn finish(self) -> Option<String> {
        if !self.is_careful && count_escapes(&self.out) != self.escapes {
            return None;
        }
        Some(String::from_utf8(self.out).expect("invariant: made of texts that were read as such"))
    }

    /// Appends bytes whose number the compiler knows, none of them a quote or a backslash.
    #[inline]
    pub(crate) fn put<const N: usize>(&mut self, bytes: &[u8; N]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends such bytes with a number of quotes and backslashes.
    #[inline]
    pub(crate) fn put_escapes<const N: usize>(&mut self, bytes: &[u8; N], escapes: usize) {
        self.put(bytes);
        self.escapes += escapes;
    }

    /// Takes back the last byte, which is neither quote nor backslash.
    pub(crate) fn pop(&mut self) {
        self.out.pop();
    }

    /// Appends an element with the quote before it, whose `length` bytes stand at the start of `from`.
    #[inline]
    pub(crate) fn element(&mut self, from: &[u8], length: usize) {
        match from.split_first() {
            Some((&FIELD, name)) if !self.is_careful => {
                self.put_escapes(b"\"f:", 1);
                self.text(name, length - 1);
            }
            _ => self.item(from, length),
        }
    }

    #[inline(never)]
    fn item(&mut self, from: &[u8], length: usize) {
        self.put_escapes(b"\"", 1);
        let (start, escapes) = (self.out.len(), self.escapes);
        if !self.is_careful && self.quick_item(from, length).is_some() {
            return;
        }
        self.out.truncate(start);
        let mut text = String::new();
        Element(&from[..length]).write_escaped(&mut text);
        self.out.extend_from_slice(text.as_bytes());
        self.escapes = escapes + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    }

    /// Appends an item; nothing to rely on if it is of a rare kind.
    fn quick_item(&mut self, from: &[u8], length: usize) -> Option<()> {
        let behind = from.len() - length;
        let (&kind, mut from) = from.split_first()?;
        match kind {
            KEY => {
                self.put(b"k:{");
                let mut first = true;
                while from.len() > behind {
                    if !std::mem::take(&mut first) {
                        self.put(b",");
                    }
                    self.put_escapes(b"\\\"", 2);
                    self.long_text(&mut from)?;
                    self.put_escapes(b"\\\":", 2);
                    self.scalar(&mut from)?;
                }
                self.put(b"}");
                Some(())
            }
            VALUE => {
                self.put(b"v:");
                self.scalar(&mut from)
            }
            _ => None,
        }
    }

    fn scalar(&mut self, from: &mut &[u8]) -> Option<()> {
        let (&kind, rest) = from.split_first()?;
        *from = rest;
        match kind {
            STRING => {
                self.put_escapes(b"\\\"", 2);
                self.long_text(from)?;
                self.put_escapes(b"\\\"", 2);
            }
            BOOL => {
                let (&bool, rest) = from.split_first()?;
                *from = rest;
                if bool == 0 { self.put(b"false") } else { self.put(b"true") }
            }
            INT | FLOAT => {
                let (&bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                let number = if kind == INT {
                    Number::Int(i64::from_le_bytes(bytes))
                } else {
                    Number::Float(f64::from_le_bytes(bytes))
                };
                self.number(number.short()?);
            }
            _ => return None,
        }
        Some(())
    }

    /// Appends a text that stands behind its length, and goes on behind it.
    #[inline]
    fn long_text(&mut self, from: &mut &[u8]) -> Option<()> {
        let (length, rest) = from.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        *from = rest.get(length..)?;
        self.text(rest, length);
        Some(())
    }

    /// Appends the `length` bytes at the start of `from`.
    #[inline]
    fn text(&mut self, mut from: &[u8], length: usize) {
        let end = self.out.len() + length;
        while let Some(block) = from.first_chunk::<BLOCK>() {
            self.put(block);
            if self.out.len() >= end {
                return self.out.truncate(end);
            }
            from = &from[BLOCK..];
        }
        self.out.extend_from_slice(&from[..end - self.out.len()]);
    }

    fn number(&mut self, number: u32) {
        let mut unit = 1;
        while unit <= number / 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.put(&[b'0' + (number / unit % 10) as u8]);
            unit /= 10;
        }
    }
}

/// The number of quotes and backslashes in a text, and of whatever else could need an escape.
fn count_escapes(text: &[u8]) -> usize {
    let is_escape = |byte: u8| {
        // As a signed number, what is not ASCII is below the space as well.
        // `"` and `&` differ in one bit, `<` and `>` in another.
        (byte as i8) < 0x20 || byte & !4 == b'"' || byte & !2 == b'<' || byte == b'\\'
    };
    // Few enough to be counted in a byte, which the compiler makes a few instructions for many bytes at once.
    let (blocks, rest) = text.as_chunks::<128>();
    let count =
        |block: &[u8; 128]| usize::from(block.iter().map(|byte| u8::from(is_escape(*byte))).sum::<u8>());
    blocks.iter().map(count).sum::<usize>() + rest.iter().filter(|byte| is_escape(**byte)).count()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::element::PathElement;

    /// Both ways write the same wherever the quick one does not refuse.
    fn check(element: &PathElement, is_quick: bool) {
        let mut encoded = Vec::new();
        element.encode(&mut encoded);
        let length = encoded.len();
        // What stands behind an element in a set is not looked at.
        for behind in [0, 1, 3 * BLOCK] {
            encoded.resize(length + behind, b'"');
            let write = |mut writer: Writer| {
                writer.element(&encoded, length);
                writer.finish()
            };
            let careful = write(Writer::careful(0)).expect("writes everything");
            let quick = write(Writer::quick(0));
            assert_eq!(quick.is_some(), is_quick, "{careful}");
            assert_eq!(quick.unwrap_or_else(|| careful.clone()), careful);
            let text: String = serde_json::from_str(&format!("{careful}\"")).expect("a JSON string");
            let mut unescaped = String::new();
            Element(&encoded[..length]).write(&mut unescaped);
            assert_eq!(text, unescaped);
        }
    }

    #[test]
    fn the_quick_way_writes_what_the_careful_one_does_or_refuses() {
        let texts = (0..40).map(|length| ("abcdefghij".repeat(4)[..length].to_owned(), true));
        let odd = ["\"", "\\", "\n", "<", ">", "&", "\u{7f}é", "\u{2028}"];
        let odd = odd.iter().flat_map(|odd| {
            [0, 1, 7, 15, 16, 17, 31, 33].map(|length| (format!("{}{odd}z", "x".repeat(length)), false))
        });
        for (text, is_plain) in texts.chain(odd) {
            check(&PathElement::Field(text.clone()), is_plain);
            check(&PathElement::Key(vec![(text.clone(), json!(true)), ("~".into(), json!(80))]), is_plain);
            check(&PathElement::Key(vec![("a".into(), text.clone().into())]), is_plain);
            check(&PathElement::Value(text.into()), is_plain);
        }
        let rare = [json!(0), json!(-1), json!(1.5), json!(1e21), json!(i64::MAX), Value::Null, json!([1])];
        for value in rare {
            check(&PathElement::Value(value.clone()), true);
            check(&PathElement::Key(vec![("port".into(), value)]), true);
        }
        check(&PathElement::Value(json!({ "<": "\"" })), true);
        check(&PathElement::Key(vec![]), true);
        check(&PathElement::Index(-3), true);
    }
}
