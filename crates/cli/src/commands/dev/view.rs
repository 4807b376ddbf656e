//! The live view: a tree of definitions, instances and nodes. On a terminal it is drawn in place;
//! elsewhere each line is printed when it changes. Knows nothing about where the rows come from.

use std::collections::BTreeMap;
use std::io::Write;

use crate::output::{BAD, BUSY, FAINT, GOOD, STRONG, styled};

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// As wanted.
    Good,
    /// On its way.
    Busy,
    /// Somebody has to do something.
    Bad,
    /// Left out on purpose.
    Off,
}

/// One line of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// 0 definition, 1 instance, 2 node.
    pub(crate) depth: usize,
    /// What it is called.
    pub(crate) name: String,
    /// How it is.
    pub(crate) health: Health,
    /// Its state in a word.
    pub(crate) state: String,
    /// What it waits for, or what is wrong.
    pub(crate) detail: String,
}

/// Shows rows as they change.
#[derive(Debug)]
pub(crate) enum View {
    /// Drawn in place; the number of lines on the screen.
    Live(usize),
    /// Printed when changed; the last text by place in the tree.
    Lines(BTreeMap<String, String>),
}

impl View {
    /// A view for the terminal or for a file.
    pub(crate) fn new(live: bool) -> Self {
        if live { Self::Live(0) } else { Self::Lines(BTreeMap::new()) }
    }

    /// Shows the rows.
    pub(crate) fn show(&mut self, rows: &[Row]) {
        match self {
            Self::Live(lines) => {
                let mut out = anstream::stdout().lock();
                erase(&mut out, *lines);
                for row in rows {
                    let _ = writeln!(out, "{}", line(row));
                }
                let _ = out.flush();
                *lines = rows.len();
            }
            Self::Lines(known) => {
                let mut path: Vec<&str> = Vec::new();
                for row in rows {
                    path.truncate(row.depth);
                    path.push(&row.name);
                    let text = line(row);
                    if known.insert(path.join("/"), text.clone()).as_ref() != Some(&text) {
                        anstream::println!("{text}");
                    }
                }
            }
        }
    }

    /// Prints a line that stays, above the tree.
    pub(crate) fn note(&mut self, text: &str) {
        if let Self::Live(lines) = self {
            erase(&mut anstream::stdout().lock(), std::mem::take(lines));
        }
        anstream::println!("{text}");
    }
}

fn erase(out: &mut impl Write, lines: usize) {
    if lines > 0 {
        let _ = write!(out, "\x1b[{lines}A\x1b[J");
    }
}

fn line(row: &Row) -> String {
    let (style, sign) = match row.health {
        Health::Good => (GOOD, "✔"),
        Health::Busy => (BUSY, "…"),
        Health::Bad => (BAD, "✘"),
        Health::Off => (FAINT, "-"),
    };
    let indent = "  ".repeat(row.depth);
    let name = if row.depth == 0 { styled(STRONG, &row.name) } else { row.name.clone() };
    let detail =
        if row.detail.is_empty() { String::new() } else { format!("  {}", styled(FAINT, &row.detail)) };
    format!("{indent}{} {name}  {}{detail}", styled(style, sign), styled(style, &row.state))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(depth: usize, name: &str, state: &str) -> Row {
        Row { depth, name: name.into(), health: Health::Busy, state: state.into(), detail: "why".into() }
    }

    #[test]
    fn a_line_says_state_and_reason() {
        let text = anstream::adapter::strip_str(&line(&row(2, "deployment", "waiting"))).to_string();
        assert_eq!(text, "    … deployment  waiting  why");
    }

    #[test]
    fn equal_names_in_different_places_are_different_lines() {
        let mut view = View::new(false);
        view.show(&[row(0, "a", "x"), row(1, "n", "x"), row(0, "b", "x"), row(1, "n", "x")]);
        let View::Lines(known) = &view else { panic!("not a terminal") };
        assert_eq!(known.len(), 4);
    }
}
