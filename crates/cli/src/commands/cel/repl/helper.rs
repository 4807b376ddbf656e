//! What the line editor asks: completions at the cursor, and whether a line goes on.

use kro_cel::Mistake;
use rustyline::{
    Context, Result,
    completion::{Completer, Pair},
    highlight::Highlighter,
    hint::Hinter,
    validate::{ValidationContext, ValidationResult, Validator},
};

use super::session::Session;

/// Answers out of the session.
pub(super) struct Helper {
    pub(super) session: Session,
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        Ok(completions(&self.session, line, at))
    }
}

/// Where the name under the cursor starts, and what it can become. Commands are no part of expressions.
fn completions(session: &Session, line: &str, at: usize) -> (usize, Vec<Pair>) {
    let command = line.len() - line.trim_start().len();
    let front = match line[command..].strip_prefix(':').and_then(|rest| rest.find(' ')) {
        Some(end) => command + 1 + end,
        None => 0,
    };
    let text = &line[front..];
    let before = &line[..at];
    let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |found| found + 1);
    let found = session.env().completions_at(text, (at - front.min(at)) as u32);
    let pair = |completion: kro_cel::Completion| {
        let call = if completion.kind.is_called() { "(" } else { "" };
        Pair {
            display: format!("{} {}", completion.name, completion.kind),
            replacement: format!("{}{call}", completion.name),
        }
    };
    let mut pairs: Vec<Pair> = found.into_iter().map(pair).collect();
    pairs.dedup_by(|one, other| one.replacement == other.replacement);
    (start, pairs)
}

impl Validator for Helper {
    /// An expression that only ends too early goes on in the next line.
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let line = context.input();
        if line.trim().is_empty() || line.trim_start().starts_with(':') {
            return Ok(ValidationResult::Valid(None));
        }
        let text = line
            .split_once('=')
            .filter(|(name, _)| !name.contains(['(', '"', '\'']))
            .map_or(line, |(_, text)| text);
        let (_, issues) = self.session.env().parse(text);
        let ends_early = !issues.is_empty()
            && issues.iter().all(|issue| matches!(issue.mistake, Mistake::Unexpected { found: None, .. }));
        Ok(if ends_early { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Helper {
    type Hint = String;
}

impl Highlighter for Helper {}

impl rustyline::Helper for Helper {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::cel::workspace::{Options, Workspace};
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    #[track_caller]
    fn check(line: &str, start: usize, expected: &str) {
        let arguments = ["kro", "--var", "names=[\"a\"]", "--type", "names=list(string)"];
        let workspace = Workspace::new(&Command::parse_from(arguments).options).expect("a workspace");
        let (found, pairs) = completions(&Session::new(workspace, 1000), line, line.len());
        assert_eq!(found, start, "{line}");
        let pairs: Vec<_> = pairs.into_iter().map(|pair| pair.replacement).collect();
        assert!(pairs.iter().any(|pair| pair == expected), "{line}: {pairs:?}");
    }

    #[test]
    fn names_and_members_complete() {
        check("nam", 0, "names");
        check("1 + siz", 4, "size(");
        check("names.jo", 6, "join(");
        check(":type names.", 12, "join(");
        check("names[0].starts", 9, "startsWith(");
    }
}
