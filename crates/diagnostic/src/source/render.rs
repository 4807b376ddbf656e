//! Diagnostics as text, through annotate-snippets.

use super::{Document, FileId, Sources};
use crate::{Diagnostic, Locus, Severity};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// How to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With ANSI colours.
    Color,
}

pub(super) fn render(
    sources: &Sources,
    file: FileId,
    document: Option<&Document>,
    diagnostics: &[Diagnostic],
    style: Style,
) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Color => Renderer::styled(),
    };
    let text = sources.text(file);
    let place = |locus: &Locus| -> Range<usize> {
        let bytes = match document {
            Some(document) => sources.span(document, locus).bytes,
            None => locus.range.as_ref().map_or(0..0, |range| range.start as usize..range.end as usize),
        };
        text.floor_char_boundary(bytes.start)..text.ceil_char_boundary(bytes.end)
    };
    let mut output = String::new();
    for (index, found) in diagnostics.iter().enumerate() {
        if index > 0 {
            output.push('\n');
        }
        let level = match found.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Hint => Level::NOTE.with_name("hint"),
        };
        let code = found.code.to_string();
        let snippet = Snippet::source(text)
            .path(sources.name(file))
            .annotation(AnnotationKind::Primary.span(place(&found.primary)))
            .annotations(
                found
                    .related
                    .iter()
                    .map(|(locus, note)| AnnotationKind::Context.span(place(locus)).label(note.as_str())),
            );
        let mut group = level.primary_title(found.message.as_str()).id(code.as_str()).element(snippet);
        if let Some(help) = &found.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        output.push_str(&renderer.render(&[group]));
        output.push('\n');
    }
    output
}
