//! Findings of parser and checker: where, what, and what may have been meant.
use std::{fmt::Write as _, ops::Range};

mod mistake;

pub use mistake::{Expected, Mistake};

/// One finding about an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Which step found it.
    pub stage: Stage,
    /// What is wrong.
    pub mistake: Mistake,
    /// The part of the expression it is about, in bytes.
    pub span: Range<u32>,
    /// The byte that cel-go points at: the operator of an operation, the parenthesis of a member call. `None` when
    /// the finding is about the whole text.
    pub at: Option<u32>,
    /// Names that may have been meant, best first.
    pub suggestions: Vec<String>,
}

/// Which step found an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The text is not an expression.
    Parse,
    /// The expression is not well typed.
    Check,
    /// A constant argument is not valid.
    Plan,
}

impl Issue {
    pub(crate) fn new(stage: Stage, span: Range<u32>, at: u32, mistake: impl Into<Mistake>) -> Self {
        Self { stage, mistake: mistake.into(), span, at: Some(at), suggestions: Vec::new() }
    }

    /// The finding in cel-go's words.
    pub fn message(&self) -> String {
        self.mistake.to_string()
    }

    /// As cel-go prints it: `ERROR: <input>:1:5: message`, the line, and a caret under the column.
    /// `input` names the text.
    pub fn render(&self, text: &str, input: &str) -> String {
        let Some(at) = self.at else { return format!("ERROR: {input}:-1:0: {}", self.mistake) };
        let at = text.floor_char_boundary(at as usize);
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[..line_start].matches('\n').count() + 1;
        let before = &text[line_start..at];
        let column = before.chars().count() + 1;
        let mut out = format!("ERROR: {input}:{line}:{column}: {}", self.mistake);
        let full = text[line_start..].split('\n').next().unwrap_or_default().replace('\t', " ");
        let _ = write!(out, "\n | {full}\n | ");
        let wide = |c: char| c.len_utf8() > 1;
        out.extend(before.chars().map(|c| if wide(c) { '．' } else { '.' }));
        out.push(if text[at..].chars().next().is_some_and(wide) { '＾' } else { '^' });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn render_like_cel_go() {
        let issue = Issue::new(Stage::Parse, 4..5, 4, "no");
        assert_eq!(issue.render("a +\n?b", "<input>"), "ERROR: <input>:2:1: no\n | ?b\n | ^");
    }
}
