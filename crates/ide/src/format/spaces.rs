//! Spaces that mean nothing: after `key:`, at the ends of lines and of the file; line ends are `\n`.

use super::{Edit, File, Step};
use kro_diagnostic::source::{Place, Shape};
use std::ops::Range;

pub(super) fn edits(text: &str, file: &File) -> Step {
    let mut scalars = Vec::new();
    let mut edits = Vec::new();
    for document in &file.documents {
        visit(text, document.root(), &mut scalars, &mut edits);
    }
    scalars.sort_by_key(|range: &Range<usize>| range.start);
    let inside = |at: usize| {
        let next = scalars.partition_point(|range| range.start <= at);
        next.checked_sub(1).is_some_and(|last| at < scalars[last].end)
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let kept = content.trim_end_matches([' ', '\t']).len();
        let end = at + content.len();
        if kept < content.len() && !inside(at + kept) {
            edits.push(Edit { bytes: at + kept..end, text: String::new() });
        }
        if line.ends_with("\r\n") {
            edits.push(Edit { bytes: end..end + 1, text: String::new() });
        }
        at += line.len();
    }
    let body = text.trim_end_matches(['\n', '\r', ' ', '\t']).len();
    if !inside(body) {
        edits.retain(|edit| edit.bytes.end <= body);
        edits.push(Edit { bytes: body..text.len(), text: "\n".to_owned() });
    }
    Step { edits, expected: file.values.clone() }
}

fn visit(text: &str, place: Place<'_>, scalars: &mut Vec<Range<usize>>, edits: &mut Vec<Edit>) {
    match place.shape() {
        Shape::Scalar(_) => scalars.push(place.bytes()),
        Shape::List(items) => items.into_iter().for_each(|item| visit(text, item, scalars, edits)),
        Shape::Map(fields) => {
            for field in fields {
                scalars.push(field.name_bytes.clone());
                let value = field.value.bytes();
                // The place of an alias is elsewhere.
                let gap = text.get(field.name_bytes.end..value.start).and_then(|gap| gap.strip_prefix(':'));
                if let Some(gap) = gap
                    && gap.len() > 1
                    && !value.is_empty()
                    && gap.bytes().all(|byte| byte == b' ')
                {
                    edits.push(Edit { bytes: field.name_bytes.end + 1..value.start, text: " ".to_owned() });
                }
                if value.start >= field.name_bytes.end {
                    visit(text, field.value, scalars, edits);
                }
            }
        }
    }
}
