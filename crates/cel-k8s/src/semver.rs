//! Semantic versions with the rules of the library Kubernetes uses: strict three-part versions, 64-bit numbers,
//! build metadata ignored in comparisons. Ranges are not supported.

use std::{cmp::Ordering, fmt};

use kro_schema::validate::go_quote as quote;

/// A semantic version (<https://semver.org>, 2.0.0). Build metadata takes no part in equality and order.
#[derive(Debug, Clone)]
pub struct Semver {
    /// The major number.
    pub major: u64,
    /// The minor number.
    pub minor: u64,
    /// The patch number.
    pub patch: u64,
    pre_release: Vec<Identifier>,
    build: Vec<Box<str>>,
}

/// One dot-separated part of a pre-release: numbers sort below words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(Box<str>),
}

/// Why a text is not a version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSemverError {
    /// Nothing to parse.
    #[error("version string empty")]
    Empty,
    /// Fewer than three parts.
    #[error("no Major.Minor.Patch elements found")]
    Short,
    /// A part other than a number of 64 bits.
    #[error("invalid {part} number {}", quote(text))]
    Number {
        /// The part of the version.
        part: &'static str,
        /// What stands there.
        text: String,
    },
    /// A number with superfluous zeros.
    #[error("{part} number must not contain leading zeroes {}", quote(text))]
    LeadingZero {
        /// The part of the version.
        part: &'static str,
        /// What stands there.
        text: String,
    },
    /// An empty identifier after `-` or `+`.
    #[error("{0} is empty")]
    EmptyIdentifier(&'static str),
    /// An identifier with characters other than letters, digits and `-`.
    #[error("invalid character(s) found in {part} {}", quote(text))]
    Character {
        /// The part of the version.
        part: &'static str,
        /// What stands there.
        text: String,
    },
    /// A version shorter than three parts may not have a pre-release or build metadata.
    #[error("short version cannot contain PreRelease/Build meta data")]
    ShortWithSuffix,
}

impl Semver {
    /// Parses a strict version such as `1.2.3-rc.1+build.5`.
    ///
    /// # Errors
    /// For every deviation from the grammar.
    pub fn parse(text: &str) -> Result<Self, ParseSemverError> {
        if text.is_empty() {
            return Err(ParseSemverError::Empty);
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ParseSemverError::Short);
        };
        let (major, minor) = (number("major", major)?, number("minor", minor)?);
        let (rest, build) = rest.split_once('+').map_or((rest, None), |(rest, build)| (rest, Some(build)));
        let (patch, pre) = rest.split_once('-').map_or((rest, None), |(patch, pre)| (patch, Some(pre)));
        Ok(Self {
            major,
            minor,
            patch: number("patch", patch)?,
            pre_release: split(pre).map(Identifier::parse).collect::<Result<_, _>>()?,
            build: split(build).map(|part| word("build meta data", part)).collect::<Result<_, _>>()?,
        })
    }

    /// Parses leniently: drops one leading `v` and leading zeros, and fills up missing parts with 0.
    ///
    /// # Errors
    /// When the result is still no version.
    pub fn parse_normalized(text: &str) -> Result<Self, ParseSemverError> {
        let mut parts: Vec<String> =
            text.strip_prefix('v').unwrap_or(text).splitn(3, '.').map(strip_zeros).collect();
        if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err(ParseSemverError::ShortWithSuffix);
        }
        parts.resize(3, "0".to_owned());
        Self::parse(&parts.join("."))
    }
}

impl Identifier {
    fn parse(text: &str) -> Result<Self, ParseSemverError> {
        const WHAT: &str = "prerelease";
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return number(WHAT, text).map(Self::Number);
        }
        word(WHAT, text).map(Self::Word)
    }
}

impl PartialEq for Semver {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Semver {}

impl PartialOrd for Semver {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Semver {
    fn cmp(&self, other: &Self) -> Ordering {
        // A release follows all its pre-releases.
        let key = |v: &Self| (v.major, v.minor, v.patch, v.pre_release.is_empty());
        key(self).cmp(&key(other)).then_with(|| self.pre_release.cmp(&other.pre_release))
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        for (at, part) in self.pre_release.iter().enumerate() {
            f.write_str(if at == 0 { "-" } else { "." })?;
            match part {
                Identifier::Number(number) => number.fmt(f)?,
                Identifier::Word(word) => f.write_str(word)?,
            }
        }
        for (at, part) in self.build.iter().enumerate() {
            write!(f, "{}{part}", if at == 0 { "+" } else { "." })?;
        }
        Ok(())
    }
}

fn split(text: Option<&str>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split('.'))
}

fn number(part: &'static str, text: &str) -> Result<u64, ParseSemverError> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    if is_number && text.len() > 1 && text.starts_with('0') {
        return Err(ParseSemverError::LeadingZero { part, text: text.to_owned() });
    }
    let error = || ParseSemverError::Number { part, text: text.to_owned() };
    if is_number { text.parse().map_err(|_| error()) } else { Err(error()) }
}

fn word(part: &'static str, text: &str) -> Result<Box<str>, ParseSemverError> {
    if text.is_empty() {
        return Err(ParseSemverError::EmptyIdentifier(part));
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Err(ParseSemverError::Character { part, text: text.to_owned() });
    }
    Ok(text.into())
}

/// Without leading zeros, but never without a leading digit.
fn strip_zeros(part: &str) -> String {
    if part.len() <= 1 {
        return part.to_owned();
    }
    let stripped = part.trim_start_matches('0');
    let prefix = if stripped.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" };
    format!("{prefix}{stripped}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Semver;

    #[test]
    fn strict() {
        for text in
            ["1.2.3", "0.0.0", "1.2.3-beta.1+build.1", "1.0.0--", "1.2.3+001", "18446744073709551615.0.0"]
        {
            assert_eq!(Semver::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "1",
            "1.1",
            " 1.0.0",
            "1.0.0 ",
            "01.0.0",
            "1.0.0-01",
            "1.0.0-",
            "1.0.0+",
            "1.0.0-a..b",
            "v1.0.0",
            "1.0.0-é",
            "1..0",
            "18446744073709551616.0.0",
            "1.0.0+a_b",
            "+1.0.0",
        ] {
            assert!(Semver::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn normalized() {
        for (text, expected) in [
            ("v1", "1.0.0"),
            ("01.01.01", "1.1.1"),
            ("1.1", "1.1.0"),
            ("v000.00.0-00", "0.0.0-00"),
            ("1.0.00-rc", "1.0.0-rc"),
        ] {
            let parsed = Semver::parse_normalized(text).map(|v| v.to_string());
            // A zero that belongs to the pre-release stays and makes the version invalid.
            let wanted = Semver::parse(expected).map(|v| v.to_string());
            assert_eq!(parsed, wanted, "{text}");
        }
        for text in ["vv1", "1-rc", "1.2+b", "", " v1", "x"] {
            assert!(Semver::parse_normalized(text).is_err(), "{text}");
        }
    }

    #[test]
    fn order_of_the_specification() {
        let ordered = [
            "1.0.0-1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.1.0",
            "2.0.0",
        ]
        .map(|text| Semver::parse(text).unwrap());
        assert!(ordered.is_sorted_by(|a, b| a < b));
        assert_eq!(Semver::parse("1.0.0+a").unwrap(), Semver::parse("1.0.0+b").unwrap());
    }

    proptest! {
        #[test]
        fn display_round_trips(text in "[0-9v.+a-z-]{0,16}|[0-9]{1,3}\\.[0-9]\\.[0-9](-[a-c0-9.]{1,4})?(\\+[a-c0-9.]{1,4})?") {
            if let Ok(version) = Semver::parse(&text) {
                prop_assert_eq!(version.to_string(), text.clone());
                prop_assert_eq!(Semver::parse_normalized(&text), Ok(version));
            }
        }
    }
}
