//! What Go's `encoding/json` says about text that is not JSON.

/// The message for the first syntax error, or `None` if the text is one JSON value.
pub(crate) fn error(bytes: &[u8]) -> Option<String> {
    let mut scanner = Scanner { bytes, at: 0 };
    scanner.space();
    if let Err(why) = scanner.value("looking for beginning of value", 0) {
        return Some(why);
    }
    scanner.space();
    scanner.peek().map(|found| invalid(found, "after top-level value"))
}

/// Deeper nesting is not followed (Go's own limit is 10,000).
const DEPTH_LIMIT: usize = 120;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

fn invalid(found: u8, place: &str) -> String {
    let shown = match found {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        other if (0x20..0x7f).contains(&other) => format!("'{}'", char::from(other)),
        b'\n' => r"'\n'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        other if other >= 0x80 => format!("'{}'", char::from(other)),
        other => format!(r"'\x{other:02x}'"),
    };
    format!("invalid character {shown} {place}")
}

const END: &str = "unexpected end of JSON input";

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, String> {
        let byte = self.peek().ok_or_else(|| END.to_owned())?;
        self.at += 1;
        Ok(byte)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn value(&mut self, place: &str, depth: usize) -> Result<(), String> {
        if depth > DEPTH_LIMIT {
            return Err("exceeded max depth".into());
        }
        match self.next()? {
            b'{' => self.members(depth),
            b'[' => self.items(depth),
            b'"' => self.text(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' => {
                let digit = self.next()?;
                if digit.is_ascii_digit() {
                    self.number(digit)
                } else {
                    Err(invalid(digit, "in numeric literal"))
                }
            }
            digit @ b'0'..=b'9' => self.number(digit),
            other => Err(invalid(other, place)),
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let found = self.next()?;
            if found != expected {
                return Err(invalid(
                    found,
                    &format!("in literal {word} (expecting '{}')", char::from(expected)),
                ));
            }
        }
        Ok(())
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            let digit = self.next()?;
            if !digit.is_ascii_digit() {
                return Err(invalid(digit, "after decimal point in numeric literal"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            let digit = self.next()?;
            if !digit.is_ascii_digit() {
                return Err(invalid(digit, "in exponent of numeric literal"));
            }
            self.digits();
        }
        Ok(())
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn text(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'u' => {
                        for _ in 0..4 {
                            let digit = self.next()?;
                            if !digit.is_ascii_hexdigit() {
                                return Err(invalid(digit, r"in \u hexadecimal character escape"));
                            }
                        }
                    }
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    other => return Err(invalid(other, "in string escape code")),
                },
                control @ 0..0x20 => return Err(invalid(control, "in string literal")),
                _ => {}
            }
        }
    }

    fn items(&mut self, depth: usize) -> Result<(), String> {
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            self.value("looking for beginning of value", depth + 1)?;
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Ok(()),
                other => return Err(invalid(other, "after array element")),
            }
        }
    }

    fn members(&mut self, depth: usize) -> Result<(), String> {
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.space();
            match self.next()? {
                b'"' => self.text()?,
                other => return Err(invalid(other, "looking for beginning of object key string")),
            }
            self.space();
            match self.next()? {
                b':' => {}
                other => return Err(invalid(other, "after object key")),
            }
            self.space();
            self.value("looking for beginning of value", depth + 1)?;
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Ok(()),
                other => return Err(invalid(other, "after object key:value pair")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_go() {
        for (text, message) in [
            ("{\"a\":1}", None),
            ("{", Some("unexpected end of JSON input")),
            ("not json", Some("invalid character 'o' in literal null (expecting 'u')")),
            ("{} {", Some("invalid character '{' after top-level value")),
            ("{broken", Some("invalid character 'b' looking for beginning of object key string")),
            ("[1 2]", Some("invalid character '2' after array element")),
        ] {
            assert_eq!(error(text.as_bytes()).as_deref(), message, "{text}");
        }
    }
}
