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
//! | 11xx | warnings: what may be meant and is likely a mistake |
//! | 12xx | scenarios and what they show |
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

    /// Whether it is about something that may be meant: the definition is accepted.
    pub const fn is_warning(self) -> bool {
        self.number / 100 == 11 || self.number == UNKNOWN_FIELD.number
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
    POLICY = 0108 "the policy does not exist or has another form";

    // 02xx: names.
    KIND_NAME = 0201 "the kind is not UpperCamelCase";
    RESERVED_NAME = 0202 "the name is reserved";
    RESOURCE_ID = 0203 "the id is not lowerCamelCase";
    DUPLICATE_ID = 0204 "two resources have the same id";
    ITERATOR_NAME = 0205 "the iterator is not lowerCamelCase";
    ITERATOR_CONFLICT = 0206 "the iterator has a name that is taken";

    // 03xx: SimpleSchema.
    SCHEMA_FIELD_SYNTAX = 0301 "the field definition is not `type | markers`";
    SCHEMA_TYPE = 0302 "the type is unknown or malformed";
    SCHEMA_TYPE_CYCLE = 0303 "custom types contain each other in a circle";
    SCHEMA_MARKER_SYNTAX = 0304 "the markers cannot be read";
    SCHEMA_MARKER_UNKNOWN = 0305 "the marker does not exist";
    SCHEMA_MARKER_VALUE = 0306 "the marker has a value it cannot take";
    SCHEMA_MARKER_TARGET = 0307 "the marker does not apply to this type";
    SCHEMA_DEFAULT = 0308 "the default does not fit its field";

    // 04xx: templates.
    NESTED_EXPRESSION = 0401 "an expression stands inside of another";
    NOT_ONE_EXPRESSION = 0402 "exactly one expression is expected";
    OBJECT_STRUCTURE = 0403 "the template is not a Kubernetes object";
    UNKNOWN_KIND = 0404 "the kind is not served";
    TEMPLATE_FIELD = 0405 "the kind has no such field";
    LITERAL_TYPE = 0406 "the value has another type than the field";
    NAMESPACE_FORBIDDEN = 0407 "a cluster-scoped object has a namespace";
    NAMESPACE_REQUIRED = 0408 "the namespace is missing";
    RESERVED_METADATA = 0409 "the key is reserved for kro";
    CRD_EXPRESSION = 0410 "an expression stands in the body of a CRD";
    EXTERNAL_FOR_EACH = 0411 "an external reference has iterators";
    KIND_REFERENCE = 0412 "apiVersion or kind is malformed";

    // 05xx: CEL syntax.
    CEL_SYNTAX = 0501 "the expression is not valid CEL";

    // 06xx: CEL types.
    CEL_TYPE = 0601 "the expression does not type-check";
    HOLE_TYPE = 0602 "the result does not fit the field";
    CONDITION_TYPE = 0603 "the condition is not a bool";
    ITERATOR_LIST = 0604 "the iterator does not run over a list";
    AUTHOR_CONDITION_TYPE = 0605 "the expression makes no condition";

    // 07xx: the graph.
    UNKNOWN_NAME = 0701 "the name does not exist";
    UNKNOWN_FUNCTION = 0702 "the function does not exist";
    SELF_REFERENCE = 0703 "a resource refers to itself";
    CYCLE = 0704 "resources depend on each other in a circle";
    NAME_OUT_OF_PLACE = 0705 "the name does not exist here";
    ITERATOR_CROSS_REFERENCE = 0706 "an iterator depends on another";
    ITERATOR_IDENTITY = 0707 "an iterator does not show in the name";
    OMIT_DISABLED = 0708 "omit() is not enabled";
    OMIT_OUT_OF_PLACE = 0709 "omit() has no meaning here";

    // 08xx: status.
    STATUS_LITERAL = 0801 "a status field is a constant";
    STATUS_CONSTANT = 0802 "a status field depends on nothing";
    CONDITIONS_SHAPE = 0804 "conditions are not a list of expressions";
    CONDITION_DUPLICATE = 0805 "two entries make the same condition";
    CONDITION_VALUE = 0806 "the condition cannot have this value";
    CONDITION_LOOKUP = 0807 "the condition cannot be read";

    // 10xx: limits.
    DOCUMENT_TOO_LARGE = 1001 "the document is larger than the limit";
    DOCUMENT_TOO_DEEP = 1002 "the document is nested deeper than the limit";
    SCHEMA_TOO_LARGE = 1003 "the schema is larger than the limit";
    TOO_MANY_ITERATORS = 1004 "a collection has too many iterators";

    // 11xx: warnings about definitions that are accepted.
    MAYBE_ABSENT = 1101 "the field may be absent";
    UNREAD_EXTERNAL = 1102 "nothing reads the external object";
    DEFAULT_VIOLATION = 1103 "the default is not allowed by its own field";
    LITERAL_VALUE = 1104 "the API server refuses the value";
    NEVER_EQUAL = 1105 "the comparison has always the same result";
    IMMUTABLE_FIELD = 1106 "a field that cannot change is filled from one that can";
    ABOVE_CEILING = 1107 "an instance can cost more than a ceiling allows";
    KEY_NOTATION = 1108 "the key is read as another text";
    NEVER_WRITTEN = 1109 "nothing writes the field that is read";
    NEVER_TRUE = 1110 "the condition can never be true";
    POLICY_NODE = 1111 "the policy is for a resource that does not exist";

    // 12xx: scenarios.
    SCENARIO_STEP = 1201 "the step is not exactly one action";
    SCENARIO_FILE = 1202 "a file of the scenario cannot be used";
    STEP_FAILED = 1203 "a step did not go as written";
    EXPECTATION = 1204 "an expectation does not hold";
    SNAPSHOT = 1205 "the snapshot is another one";
    RULE_BROKEN = 1206 "the operator did what it must never do";
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
