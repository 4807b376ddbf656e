//! English plurals by the rules of the library upstream uses: the plural is part of the CRD's name and of every
//! request path, so it has to be the same to the letter, odd as some are. The tables are in `tables`.

mod tables;

use tables::{ACRONYMS, DICTIONARY, SUFFIXES};

/// The plural of a kind: `WebApp` → `webapps`.
pub fn plural(kind: &str) -> String {
    let word = kind.to_lowercase();
    for entry in DICTIONARY {
        if entry.singular == word {
            return entry.plural.to_owned();
        }
        if entry.recognised && (entry.plural == word || entry.alternative == word) {
            return word;
        }
    }
    // Rules of upper-case acronyms end in `S`, and no rule for lower-case words does.
    if ACRONYMS.contains(&&*word.to_uppercase()) {
        return acronym(word);
    }
    for entry in DICTIONARY.iter().rev().filter(|entry| !entry.exact) {
        if let Some(plural) = replace(&word, entry.singular, entry.plural) {
            return plural;
        }
    }
    for (singular, plural) in SUFFIXES {
        if let Some(plural) = replace(&word, singular, plural) {
            return plural;
        }
    }
    if word.ends_with('s') { word } else { word + "s" }
}

/// The word with one suffix in place of another; as it is when it has the new one already.
fn replace(word: &str, suffix: &str, by: &str) -> Option<String> {
    if word.ends_with(by) {
        return Some(word.to_owned());
    }
    word.strip_suffix(suffix).map(|stem| format!("{stem}{by}"))
}

/// Upstream appends the upper-case plural to the lower-case word (`dnsDNSes`), which no CRD can be named. Nothing can
/// depend on that, so these get a plural that works.
fn acronym(word: String) -> String {
    word + "es"
}

#[cfg(test)]
mod tests {
    use super::plural;

    #[test]
    fn plurals() {
        for (kind, expected) in [
            ("WebApp", "webapps"),
            ("Policy", "policies"),
            ("Gateway", "gateways"),
            ("Status", "statuses"),
            ("Redis", "redis"),
            ("Demo", "demoes"),
            ("Cafe", "caves"),
            ("Roman", "romen"),
            ("Human", "humans"),
            ("SearchIndex", "searchindices"),
            ("Lambda", "lambda"),
            ("Alpha", "alphas"),
            ("Ox", "oxen"),
            ("Box", "boxes"),
            ("UserInformation", "userinformation"),
            ("HostAlias", "hostalias"),
            ("Alias", "aliases"),
            ("Octopus", "octupuses"),
            ("Medium", "media"),
            ("Quiz", "quizzes"),
            ("DNS", "dnses"),
        ] {
            assert_eq!(plural(kind), expected);
        }
    }
}
