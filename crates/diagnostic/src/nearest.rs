//! "Did you mean …?": the closest of some names. Refuses to guess when nothing is close.

/// The candidate closest to `word`, if it is close enough to be a likely misspelling.
///
/// Distance counts inserted, deleted, replaced and swapped neighbouring characters, ignoring case; a third of the
/// word may differ. Ties go to the first candidate. Words over 64 characters get no suggestion, so the work stays
/// bounded.
///
/// ```
/// assert_eq!(kro_diagnostic::nearest("readyWen", ["includeWhen", "readyWhen"]), Some("readyWhen"));
/// assert_eq!(kro_diagnostic::nearest("volumes", ["spec", "status"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = letters(word)?;
    let limit = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&wanted, &letters(candidate)?), candidate)))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn letters(word: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = word.chars().take(65).flat_map(char::to_lowercase).collect();
    (1..=64).contains(&letters.len()).then_some(letters)
}

/// Optimal string alignment distance, three rows at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut best = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, candidates: &[&str], expected: Option<&str>) {
        assert_eq!(nearest(word, candidates.iter().copied()), expected);
    }

    #[test]
    fn finds_misspellings() {
        check("templat", &["template", "externalRef"], Some("template"));
        check("includewhen", &["includeWhen"], Some("includeWhen"));
        check("sepc", &["spec", "status"], Some("spec"));
        check("ab", &["ba"], Some("ba"));
        check("ids", &["id", "is"], Some("id"));
    }

    #[test]
    fn stays_silent_when_nothing_is_close() {
        check("x", &["template"], None);
        check("", &["a"], None);
        check(&"a".repeat(100), &["a"], None);
        check("spec", &[], None);
    }
}
