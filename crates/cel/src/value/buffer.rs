//! Text in the making: short texts are put together without allocation, so that the text itself is the only one.
use super::Text;
use arrayvec::ArrayString;
use std::fmt;

/// Bytes that are kept in place.
const SHORT: usize = 120;

/// A text that grows at its end.
#[derive(Debug, Clone)]
pub struct TextBuffer {
    short: ArrayString<SHORT>,
    /// Everything, once it is longer than fits in place.
    long: String,
}

impl TextBuffer {
    /// No text.
    pub fn new() -> Self {
        Self { short: ArrayString::new(), long: String::new() }
    }

    /// Appends a text.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        if !self.long.is_empty() || self.short.try_push_str(text).is_err() {
            self.push_long(text);
        }
    }

    /// Appends a character.
    pub fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    #[inline(never)]
    fn push_long(&mut self, text: &str) {
        if self.long.is_empty() {
            self.long.reserve(self.short.len() + text.len().max(SHORT));
            self.long.push_str(&self.short);
        }
        self.long.push_str(text);
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        if self.long.is_empty() { &self.short } else { &self.long }
    }

    /// The text.
    pub fn finish<'a>(&self) -> Text<'a> {
        Text::Owned(self.as_str().into())
    }
}

impl Default for TextBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Write for TextBuffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::TextBuffer;

    #[test]
    fn grows_like_a_string() {
        for part in ["", "a", "äöü", "0123456789012345678901234567890123456789"] {
            let (mut buffer, mut string) = (TextBuffer::new(), String::new());
            for _ in 0..100 {
                buffer.push_str(part);
                string.push_str(part);
                assert_eq!(buffer.as_str(), string);
            }
            assert_eq!(&*buffer.finish(), string);
        }
    }
}
