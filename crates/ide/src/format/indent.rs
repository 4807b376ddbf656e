//! Indentation of block collections. A document with a layout that is not understood in full stays as it is.

use super::{Edit, File, Step};
use kro_diagnostic::source::{Document, Place, Shape};

/// Columns of a level.
const WIDTH: usize = 2;

pub(super) fn edits(text: &str, file: &File) -> Step {
    let lines = Lines::new(text);
    let edits = file.documents.iter().filter_map(|document| Layout::of(text, &lines, document)).flatten();
    Step { edits: edits.collect(), expected: file.values.clone() }
}

/// Where lines start.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte) - 1
    }

    fn content(&self, line: usize) -> &'t str {
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        &self.text[self.starts[line]..end]
    }

    /// The column of a byte; everything in front of it is one column wide when only spaces and dashes are.
    fn column(&self, byte: usize) -> usize {
        byte - self.starts[self.line(byte)]
    }
}

/// Collects how far each line moves.
struct Layout<'t> {
    lines: &'t Lines<'t>,
    /// By line: how many columns it moves.
    moves: Vec<Option<isize>>,
    edits: Vec<Edit>,
}

impl<'t> Layout<'t> {
    fn of(text: &'t str, lines: &'t Lines<'t>, document: &Document) -> Option<Vec<Edit>> {
        let root = document.root();
        if root.is_flow() || matches!(root.shape(), Shape::Scalar(_)) {
            return None;
        }
        let mut layout = Self { lines, moves: vec![None; lines.starts.len()], edits: Vec::new() };
        match root.shape() {
            Shape::Map(_) => layout.map(root, 0)?,
            _ => layout.list(root, 0)?,
        }
        let bytes = root.bytes();
        layout.finish(text, lines.line(bytes.start), lines.line(bytes.end.max(bytes.start + 1) - 1))
    }

    /// A block mapping whose names go to a column.
    fn map(&mut self, place: Place<'_>, column: usize) -> Option<()> {
        let Shape::Map(fields) = place.shape() else { return None };
        let mut last = place.bytes().start;
        for field in fields {
            let start = field.name_bytes.start;
            // Merged from elsewhere, or in an order that is not that of the text.
            if start < last {
                return None;
            }
            last = start;
            let old = self.lines.column(start);
            let first = self.lines.line(start);
            if self.lines.content(first)[..old].trim().is_empty() {
                self.set(first, column as isize - old as isize);
            }
            let delta = column as isize - old as isize;
            let value = field.value.bytes();
            // An alias, or nothing.
            if value.start < field.name_bytes.end || value.is_empty() {
                continue;
            }
            let below = self.lines.line(value.start) > first;
            match field.value.shape() {
                Shape::Map(_) if !field.value.is_flow() => {
                    // `key: &anchor` and the like may stand in front of it, the first name may not.
                    below.then_some(())?;
                    self.map(field.value, column + WIDTH)?;
                }
                Shape::List(_) if !field.value.is_flow() => {
                    below.then_some(())?;
                    let dash = self.lines.column(value.start);
                    self.list(field.value, if dash == old { column } else { column + WIDTH })?;
                }
                _ => self.shift(first + 1, value.end, delta),
            }
        }
        Some(())
    }

    /// A block list whose dashes go to a column.
    fn list(&mut self, place: Place<'_>, column: usize) -> Option<()> {
        let Shape::List(items) = place.shape() else { return None };
        let old = self.lines.column(place.bytes().start);
        for item in items {
            let bytes = item.bytes();
            let line = self.lines.line(bytes.start);
            let before = self.lines.content(line).get(..self.lines.column(bytes.start))?;
            // The dash of this item is on its line; dashes of lists around it may be too.
            let gap = before.get(old..)?.strip_prefix('-')?;
            if bytes.is_empty() || gap.is_empty() || !gap.bytes().all(|byte| byte == b' ') {
                return None;
            }
            if before[..old].trim().is_empty() {
                self.set(line, column as isize - old as isize);
            }
            if gap.len() > 1 {
                self.edits.push(Edit { bytes: bytes.start - gap.len()..bytes.start, text: " ".to_owned() });
            }
            let inner = column + WIDTH;
            match item.shape() {
                Shape::Map(_) if !item.is_flow() => self.map(item, inner)?,
                Shape::List(_) if !item.is_flow() => self.list(item, inner)?,
                _ => self.shift(line + 1, bytes.end, column as isize - old as isize),
            }
        }
        Some(())
    }

    fn set(&mut self, line: usize, delta: isize) {
        self.moves[line].get_or_insert(delta);
    }

    /// The lines of a value behind its first move as their key does.
    fn shift(&mut self, from: usize, end: usize, delta: isize) {
        for line in from..=self.lines.line(end.saturating_sub(1)) {
            self.set(line, delta);
        }
    }

    /// The edits, once every line between the first and the last is understood. Comments move with what follows.
    fn finish(mut self, text: &str, first: usize, last: usize) -> Option<Vec<Edit>> {
        let mut next = 0;
        for line in (first..=last).rev() {
            let content = self.lines.content(line).trim();
            match self.moves[line] {
                Some(delta) => next = delta,
                None if content.is_empty() => {}
                None if content.starts_with('#') => self.moves[line] = Some(next),
                None => return None,
            }
        }
        for line in first..=last {
            let delta = self.moves[line].filter(|delta| *delta != 0);
            let content = self.lines.content(line);
            let Some(delta) = delta.filter(|_| !content.trim().is_empty()) else { continue };
            let start = self.lines.starts[line];
            let old = content.len() - content.trim_start_matches(' ').len();
            if text[start + old..].starts_with('\t') {
                return None;
            }
            let new = old.checked_add_signed(delta)?;
            self.edits.push(Edit { bytes: start..start + old, text: " ".repeat(new) });
        }
        Some(self.edits)
    }
}
