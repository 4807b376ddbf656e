//! A text in which a pattern occurs: the shortest that is easy to find, made longer where the pattern allows it.

use super::Pattern;
use kro_gotext::re2;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer examples are of no use to anybody.
const MAX_LENGTH: usize = 4096;

impl Pattern {
    /// A text in which the pattern occurs, of at least so many characters if the pattern allows it. `None` when none
    /// is found, which does not mean that there is none.
    pub fn example(&self, least: usize) -> Option<String> {
        let hir = re2::parse(self.as_str()).ok()?;
        let shortest = text(&hir, 0)?;
        let missing = least.saturating_sub(shortest.chars().count());
        let longer = (missing > 0).then(|| text(&hir, missing)).flatten();
        [longer, Some(shortest)].into_iter().flatten().find(|text| self.is_match(text) == Ok(true))
    }
}

/// What a pattern matches, with `extra` more repetitions than needed.
fn text(hir: &Hir, mut extra: usize) -> Option<String> {
    let mut out = String::new();
    write(hir, &mut extra, &mut out)?;
    Some(out)
}

fn write(hir: &Hir, extra: &mut usize, out: &mut String) -> Option<()> {
    if out.len() > MAX_LENGTH {
        return None;
    }
    match hir.kind() {
        // An anchor holds where nothing stands beside it, or the example is thrown away.
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => out.push(character(class)?),
        HirKind::Class(Class::Bytes(class)) => out.push(class.ranges().first()?.start().into()),
        HirKind::Repetition(repetition) => {
            let more = (repetition.max.unwrap_or(u32::MAX) - repetition.min) as usize;
            let added = more.min(*extra).min(MAX_LENGTH);
            *extra -= added;
            for _ in 0..repetition.min as usize + added {
                write(&repetition.sub, extra, out)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, extra, out)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, extra, out))?,
        HirKind::Alternation(parts) => write(parts.first()?, extra, out)?,
    }
    Some(())
}

/// A letter if there is one, else a digit, else whatever comes first.
fn character(class: &regex_syntax::hir::ClassUnicode) -> Option<char> {
    let holds =
        |wanted: char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&wanted));
    ['a', 'A', '0', '-']
        .into_iter()
        .find(|wanted| holds(*wanted))
        .or_else(|| Some(class.ranges().first()?.start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, least: usize, expected: &str) {
        assert_eq!(Pattern::new(pattern).example(least).as_deref(), Some(expected), "{pattern}");
    }

    #[test]
    fn examples() {
        check("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 1, "a");
        check("^[a-z]+$", 5, "aaaaa");
        check("^arn:aws:iam::[0-9]{12}:role/.+$", 1, "arn:aws:iam::000000000000:role/a");
        check("^(dev|prod)$", 1, "dev");
        check("^v\\d+(\\.\\d+)?$", 1, "v0");
        check("x", 1, "x");
        check("^$|a", 0, "");
    }

    #[test]
    fn patterns_that_nothing_meets() {
        assert_eq!(Pattern::new("a^b").example(1), None);
        assert_eq!(Pattern::new("(").example(1), None);
        assert_eq!(Pattern::new("(((a{200}){200}){200}){200}").example(1), None);
    }

    proptest! {
        #[test]
        fn an_example_matches(pattern in "[a-c\\[\\]()|*+?^$.{}0-9\\\\d-]{0,12}", least in 0usize..20) {
            let pattern = Pattern::new(pattern);
            if let Some(text) = pattern.example(least) {
                prop_assert_eq!(pattern.is_match(&text), Ok(true));
            }
        }
    }
}
