//! The fast way in for fieldsV1 as servers write it: no white space, elements in order, no escapes but around the
//! texts of keys and values. Refuses everything else without saying why; the general reader then decides.

use crate::element::{Element, encode};

use super::{HEADER, close_node, mark_node, open_field, open_node, read_header};

/// How deep the text may be nested before it is left to the general reader, which knows the limit.
const MAX_DEPTH: usize = 64;

/// The bytes of the set.
pub(super) fn canonical(text: &str) -> Option<Vec<u8>> {
    let mut parser = Parser { text, at: 0, out: Vec::with_capacity(text.len() + 16) };
    parser.level(0)?;
    (parser.at == text.len()).then_some(parser.out)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    out: Vec<u8>,
}

impl<'a> Parser<'a> {
    /// Reads the object of one level, appends its nodes and says whether `.` was there.
    fn level(&mut self, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.expect(b"{")?;
        if self.take(b"}") {
            return Some(false);
        }
        let mut itself = false;
        if self.take(b"\".\":{}") {
            itself = true;
            if self.take(b"}") {
                return Some(true);
            }
            self.expect(b",")?;
        }
        let mut previous: Option<usize> = None;
        loop {
            let start = self.out.len();
            self.expect(b"\"")?;
            self.element()?;
            self.expect(b"\":")?;
            let end = self.out.len();
            if let Some(previous) = previous.replace(start)
                && self.element_at(previous) >= self.element_at(start)
            {
                return None;
            }
            let member = self.level(depth + 1)?;
            let is_leaf = self.out.len() == end;
            close_node(&mut self.out, start);
            if member || is_leaf {
                mark_node(&mut self.out, start);
            }
            if self.take(b"}") {
                return Some(itself);
            }
            self.expect(b",")?;
        }
    }

    fn element_at(&self, start: usize) -> Element<'_> {
        let length = self.out[start..].first_chunk::<HEADER>().map_or(0, |header| read_header(*header).1);
        Element(&self.out[start + HEADER..start + HEADER + length])
    }

    /// Reads one element up to the closing quote and opens its node.
    fn element(&mut self) -> Option<()> {
        let kind = self.text.as_bytes().get(self.at..self.at + 2)?;
        let kind: [u8; 2] = kind.try_into().ok()?;
        self.at += 2;
        if kind == *b"f:" {
            let name = self.plain(b'"')?;
            open_field(&mut self.out, name);
            return Some(());
        }
        let start = self.out.len();
        open_node(&mut self.out, &[], false);
        match &kind {
            b"k:" => {
                encode::key(&mut self.out);
                self.key_fields()?;
            }
            b"v:" => {
                encode::value_kind(&mut self.out);
                self.scalar()?;
            }
            _ => return None,
        }
        let length = (self.out.len() - start - HEADER) as u32;
        self.out[start + 4..start + HEADER].copy_from_slice(&(length << 1).to_le_bytes());
        Some(())
    }

    fn key_fields(&mut self) -> Option<()> {
        self.expect(b"{")?;
        let mut previous: Option<&'a str> = None;
        loop {
            self.expect(b"\\\"")?;
            let name = self.plain(b'\\')?;
            if previous.replace(name).is_some_and(|previous| previous >= name) {
                return None;
            }
            self.expect(b"\\\":")?;
            encode::text(&mut self.out, name);
            self.scalar()?;
            if self.take(b"}") {
                return Some(());
            }
            self.expect(b",")?;
        }
    }

    /// Reads a string, a short whole number or a boolean.
    fn scalar(&mut self) -> Option<()> {
        if self.take(b"\\\"") {
            let text = self.plain(b'\\')?;
            encode::string(&mut self.out, text);
            return self.expect(b"\\\"");
        }
        if self.take(b"true") {
            encode::bool(&mut self.out, true);
            return Some(());
        }
        if self.take(b"false") {
            encode::bool(&mut self.out, false);
            return Some(());
        }
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let number = &self.rest()[..digits];
        let is_followed = matches!(self.rest().as_bytes().get(digits), Some(b',' | b'}' | b'"'));
        let is_whole = (1..=15).contains(&digits) && (digits == 1 || !number.starts_with('0'));
        if !is_followed || !is_whole {
            return None;
        }
        encode::float(&mut self.out, number.parse::<u64>().ok()? as f64);
        self.at += digits;
        Some(())
    }

    /// Text without anything escaped, up to a byte that is not taken.
    fn plain(&mut self, end: u8) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let length = rest.iter().position(|&byte| ENDS_PLAIN[usize::from(byte)])?;
        if rest[length] != end {
            return None;
        }
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length;
        Some(text)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take<const N: usize>(&mut self, wanted: &[u8; N]) -> bool {
        let found = self.text.as_bytes()[self.at..].first_chunk::<N>() == Some(wanted);
        if found {
            self.at += N;
        }
        found
    }

    fn expect<const N: usize>(&mut self, wanted: &[u8; N]) -> Option<()> {
        self.take(wanted).then_some(())
    }
}

/// The bytes at which plain text ends: quotes, backslashes and controls.
const ENDS_PLAIN: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        ends[byte] = byte < 0x20 || matches!(byte as u8, b'"' | b'\\');
        byte += 1;
    }
    ends
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldSet;

    /// The fast reader agrees with the general one wherever it does not refuse.
    fn check(text: &str, is_canonical: bool) {
        let general: Result<FieldSet, _> = serde_json::from_str(text);
        let fast = canonical(text).map(|bytes| FieldSet { bytes });
        assert_eq!(fast.is_some(), is_canonical, "{text}");
        if let Some(fast) = fast {
            assert_eq!(fast, general.expect("what is canonical is valid"), "{text}");
            assert_eq!(fast.to_fields_v1(), text);
        }
    }

    #[test]
    fn canonical_texts_are_read_and_others_left_alone() {
        for text in [
            "{}",
            r#"{"f:a":{}}"#,
            r#"{"f:a":{".":{},"f:b":{}},"f:c":{"k:{\"name\":\"x\",\"port\":80}":{".":{},"f:y":{}}}}"#,
            r#"{"f:l":{"v:1":{},"v:\"a\"":{},"v:\"é\"":{},"v:true":{}}}"#,
        ] {
            check(text, true);
        }
        for text in [
            "",
            "null",
            "[]",
            r#"{"f:a":{}"#,
            r#"{ "f:a":{}}"#,
            r#"{"f:b":{},"f:a":{}}"#,
            r#"{"f:a":{},"f:a":{}}"#,
            r#"{"f:a\u0041":{}}"#,
            r#"{"k:{\"b\":1,\"a\":1}":{}}"#,
            r#"{"v:1.5":{}}"#,
            r#"{"v:01":{}}"#,
            r#"{"v:\"\\u003c\"":{}}"#,
            r#"{"i:1":{}}"#,
            r#"{"x:1":{}}"#,
            r#"{"f:a":{}}x"#,
            r#"{"f:"#,
        ] {
            check(text, false);
        }
        let deep = format!("{}{}{}", r#"{"f:a":"#.repeat(100), "{}", "}".repeat(100));
        check(&deep, false);
    }
}
