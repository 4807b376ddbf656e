//! One constant per rule, grouped by the stage that checks it. A number is never reused or given a new meaning.
//!
//! | numbers | stage |
//! | --- | --- |
//! | 01xx | reading and decoding the document |
//! | 02xx | names |
//! | 03xx | SimpleSchema |
//! | 04xx | templates |
//! | 05xx | CEL syntax |
//! | 06xx | CEL types |
//! | 07xx | the graph |
//! | 08xx | status |
//! | 09xx | compatibility of the generated CRD |
//! | 10xx | limits |
#![expect(clippy::zero_prefixed_literal, reason = "0103 reads as in KRO0103 and is decimal in Rust")]

use std::fmt;

/// The stable number of a rule, written `KRO0203`, with a one-line title.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    number: u16,
    title: &'static str,
}

impl Code {
    /// The number without the prefix; the hundreds name the stage.
    pub const fn number(self) -> u16 {
        self.number
    }

    /// The rule in a few words, the heading of its page.
    pub const fn title(self) -> &'static str {
        self.title
    }

    /// Looks a code up by its text (`KRO0203`).
    pub fn find(text: &str) -> Option<Self> {
        let number: u16 = text.strip_prefix("KRO").filter(|digits| digits.len() == 4)?.parse().ok()?;
        ALL.iter().copied().find(|code| code.number == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KRO{:04}", self.number)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! codes {
    ($($name:ident = $number:literal $title:literal;)*) => {
        $(
            #[doc = concat!("KRO", stringify!($number), ": ", $title, ".")]
            pub const $name: Code = Code { number: $number, title: $title };
        )*
        /// Every code, in the order of this file.
        pub const ALL: &[Code] = &[$($name),*];
    };
}

codes! {
    // 01xx: reading and decoding.
    YAML_SYNTAX = 0101 "the text is not valid YAML";
    DUPLICATE_KEY = 0102 "a mapping has the same key twice";
    UNKNOWN_FIELD = 0103 "the field does not exist";
    FIELD_TYPE = 0104 "the value has the wrong type";
    MISSING_FIELD = 0105 "a required field is missing";
    WRONG_KIND = 0106 "the document is of another kind";
    FIELD_VALUE = 0107 "the value is not allowed here";

    // 03xx: SimpleSchema.
    SCHEMA_FIELD_SYNTAX = 0301 "the field definition is not `type | markers`";
    SCHEMA_TYPE = 0302 "the type is unknown or malformed";
    SCHEMA_TYPE_CYCLE = 0303 "custom types contain each other in a circle";
    SCHEMA_MARKER_SYNTAX = 0304 "the markers cannot be read";
    SCHEMA_MARKER_UNKNOWN = 0305 "the marker does not exist";
    SCHEMA_MARKER_VALUE = 0306 "the marker has a value it cannot take";
    SCHEMA_MARKER_TARGET = 0307 "the marker does not apply to this type";
    SCHEMA_DEFAULT = 0308 "the default does not fit its field";

    // 10xx: limits.
    DOCUMENT_TOO_LARGE = 1001 "the document is larger than the limit";
    DOCUMENT_TOO_DEEP = 1002 "the document is nested deeper than the limit";
    SCHEMA_TOO_LARGE = 1003 "the schema is larger than the limit";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_ascending() {
        for pair in ALL.windows(2) {
            assert!(pair[0].number < pair[1].number, "{:?} stands before {:?}", pair[0], pair[1]);
        }
    }

    #[test]
    fn text_finds_the_code() {
        for code in ALL {
            assert_eq!(Code::find(&code.to_string()), Some(*code));
        }
        for text in ["KRO101", "KRO00101", "0101", "KRO9999", ""] {
            assert_eq!(Code::find(text), None);
        }
    }

    #[test]
    fn titles_read_as_fragments() {
        for code in ALL {
            assert!(!code.title.is_empty() && !code.title.ends_with('.'), "{code:?}");
        }
    }
}
