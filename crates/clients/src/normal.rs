//! Takes out of a client's output what differs from run to run: uids, times, revisions, ages, addresses, paths.

use regex::{Captures, Regex};
use std::collections::BTreeMap;

/// What is replaced by what. Uids are numbered, so that it shows whether two are the same.
const RULES: &[(&str, &str)] = &[
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d))?( UTC)?", "TIME"),
    (r"\w{3},? +(\w{3} +\d{1,2}|\d{1,2} \w{3}) (\d{4} )?\d\d:\d\d:\d\d( [+-]?\w+)?( \d{4})?", "TIME"),
    (r"[IWE]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", "LOG "),
    (r#"((?:resourceVersion|Resource Version)\\?"?: *\\?"?)\d+"#, "${1}REVISION"),
    (r"https?://(127\.0\.0\.1|localhost):\d+", "SERVER"),
    (r"/tmp/[\w.-]+", "FILE"),
    (r"\b\d+m?s\b|\b\d+m\d+s\b|<unknown>", "AGE"),
    (r"[ \t]+", " "),
];

/// The text as any run would have it.
pub(crate) fn text(raw: &str) -> String {
    let mut seen = BTreeMap::new();
    let uid = pattern("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    let mut text = uid
        .replace_all(raw, |found: &Captures<'_>| {
            let next = seen.len() + 1;
            format!("UID-{}", seen.entry(found[0].to_owned()).or_insert(next))
        })
        .into_owned();
    for (rule, replacement) in RULES {
        text = pattern(rule).replace_all(&text, *replacement).into_owned();
    }
    text
}

fn pattern(rule: &str) -> Regex {
    Regex::new(rule).expect("invariant: the rules are constants that a test compiles")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn two_runs_look_alike() {
        let run = |uid: &str, time: &str, revision: &str| {
            text(&format!("uid: {uid}\nowner: {uid}\ntime: \"{time}\"\nresourceVersion: \"{revision}\"\n"))
        };
        let one = run("0b3c1f0e-3c0d-4d0a-8a55-0f4a6c8d9e01", "2026-01-01T00:00:00Z", "12");
        let two = run("1b3c1f0e-3c0d-4d0a-8a55-0f4a6c8d9e02", "2026-11-28T11:54:20.5+00:00", "9001");
        assert_eq!(one, two);
        assert_eq!(one, "uid: UID-1\nowner: UID-1\ntime: \"TIME\"\nresourceVersion: \"REVISION\"\n");
    }

    #[test]
    fn what_matters_stays() {
        let line = "replicas: 3, generation: 2, image: web:1, 64Mi";
        assert_eq!(text(line), line);
    }
}
