//! Text and octets, borrowed or shared.
use smol_str::SmolStr;
use std::{
    ops::{Deref, Range},
    sync::Arc,
};

/// Text that is borrowed from the host or the program, or owned.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    /// Borrowed from the host's data or from a literal.
    Borrowed(&'a str),
    /// Made by the evaluation: short text in place, other shared.
    Owned(SmolStr),
}

impl Text<'_> {
    /// A part of the text, in bytes: borrowed where the text is.
    ///
    /// # Panics
    /// When an end of the range is not between two characters of the text.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Borrowed(text) => Self::Borrowed(&text[range]),
            Self::Owned(text) if range.len() == text.len() => self.clone(),
            Self::Owned(text) => Self::Owned(text[range].into()),
        }
    }

    /// The part that `part` cuts out of the text; a copy when it is not in there.
    pub(crate) fn part_of(&self, part: &str) -> Self {
        let start = (part.as_ptr() as usize).wrapping_sub(self.as_ptr() as usize);
        let end = start.wrapping_add(part.len());
        match self.get(start..end) {
            Some(same) if std::ptr::eq(same, part) => self.part(start..end),
            _ => Self::Owned(part.into()),
        }
    }

    /// Number of code points.
    pub fn code_points(&self) -> usize {
        code_points(self)
    }

    /// The text without any borrow.
    pub fn into_owned(self) -> Text<'static> {
        Text::Owned(match self {
            Self::Borrowed(text) => text.into(),
            Self::Owned(text) => text,
        })
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Number of code points.
pub(crate) fn code_points(text: &str) -> usize {
    if is_ascii(text.as_bytes()) { text.len() } else { text.chars().count() }
}

/// [`str::is_ascii`]. Most texts are short: up to 16 bytes are looked at without a loop.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    // Both ends, which overlap, cover everything.
    if let (Some(first), Some(last), 8..=16) = (bytes.first_chunk(), bytes.last_chunk(), bytes.len()) {
        (u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last)) & 0x8080_8080_8080_8080 == 0
    } else if let (Some(first), Some(last), 4..=8) = (bytes.first_chunk(), bytes.last_chunk(), bytes.len()) {
        (u32::from_ne_bytes(*first) | u32::from_ne_bytes(*last)) & 0x8080_8080 == 0
    } else {
        bytes.is_ascii()
    }
}

/// Octets that are borrowed from the program, or shared.
#[derive(Debug, Clone)]
pub enum Octets<'a> {
    /// Borrowed, as from a literal.
    Borrowed(&'a [u8]),
    /// Made by the evaluation or decoded from host data.
    Shared(Arc<[u8]>),
}

impl Octets<'_> {
    /// The octets without any borrow.
    pub fn into_owned(self) -> Octets<'static> {
        Octets::Shared(match self {
            Self::Borrowed(bytes) => bytes.into(),
            Self::Shared(bytes) => bytes,
        })
    }
}

impl Deref for Octets<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}
