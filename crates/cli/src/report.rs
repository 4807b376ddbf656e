//! What was found in some files, in the formats that people and programs read. Finds nothing itself.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

use kro_diagnostic::source::{Document, FileId, Position};
use kro_diagnostic::{Code, Diagnostic, Locus, Severity};
use serde_json::Value;

use crate::input::Loaded;
use crate::project::Project;

mod github;
mod human;
mod json;
mod sarif;

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people: the lines that findings are about.
    #[default]
    Human,
    /// One JSON array.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// Whether people are shown every finding in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// All of them.
    Each,
    /// All errors; of the other findings with one code in one definition the first in full, the rest in a line each.
    ByCode,
}

/// Everything that was found, by file and place.
#[derive(Debug)]
pub(crate) struct Report<'l> {
    project: &'l Project,
    findings: Vec<Finding<'l>>,
    definitions: usize,
}

/// One thing that is wrong.
#[derive(Debug)]
struct Finding<'l> {
    file: &'l Path,
    /// The definition it is about; nothing when it is no manifest at all.
    definition: Option<String>,
    diagnostic: &'l Diagnostic,
    id: FileId,
    document: Option<&'l Document>,
    bytes: Range<usize>,
}

impl<'l> Report<'l> {
    /// The findings about everything that was loaded.
    pub(crate) fn new(loaded: &'l Loaded) -> Self {
        let project = &loaded.project;
        let mut findings: Vec<Finding<'l>> = project
            .problems
            .iter()
            .chain(&project.remarks)
            .map(|problem| Finding {
                file: &problem.file,
                definition: None,
                diagnostic: &problem.diagnostic,
                id: problem.id,
                document: None,
                bytes: bytes_of_file(&problem.diagnostic.primary),
            })
            .collect();
        for (manifest, definition) in loaded.compiled() {
            let from = findings.len();
            for diagnostic in &definition.diagnostics {
                let span = project.sources.span(&manifest.document, &diagnostic.primary);
                findings.push(Finding {
                    file: &manifest.file,
                    definition: Some(manifest.object.key().name.to_string()),
                    diagnostic,
                    id: span.file,
                    document: Some(&manifest.document),
                    bytes: span.bytes,
                });
            }
            findings[from..].sort_by_key(|finding| finding.bytes.start);
        }
        Self { project, findings, definitions: loaded.definitions.len() }
    }

    /// How many findings are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.diagnostic.severity == severity).count()
    }

    /// Whether there is a finding with a code.
    pub(crate) fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|it| it.diagnostic.code == code)
    }

    /// The findings as one JSON array.
    pub(crate) fn json(&self) -> Value {
        json::render(self)
    }

    /// The findings as a SARIF log with one run.
    pub(crate) fn sarif(&self) -> Value {
        sarif::render(self)
    }

    /// Prints to standard output.
    pub(crate) fn print(&self, format: Format, grouping: Grouping) {
        match format {
            Format::Human => human::print(self, grouping),
            Format::Json => println!("{:#}", self.json()),
            Format::Sarif => println!("{:#}", self.sarif()),
            Format::Github => print!("{}", github::render(self)),
        }
    }

    /// Start and end of a place.
    fn positions(&self, id: FileId, bytes: &Range<usize>) -> (Position, Position) {
        let position = |byte| self.project.sources.position(id, byte);
        (position(bytes.start), position(bytes.end))
    }

    /// The places that take part in a finding, each with what it contributes.
    fn related(&self, finding: &Finding<'l>) -> Vec<(Range<usize>, &'l str)> {
        let place = |locus: &Locus| match finding.document {
            Some(document) => self.project.sources.span(document, locus).bytes,
            None => bytes_of_file(locus),
        };
        finding.diagnostic.related.iter().map(|(locus, note)| (place(locus), note.as_str())).collect()
    }
}

fn bytes_of_file(locus: &Locus) -> Range<usize> {
    locus.range.as_ref().map_or(0..0, |range| range.start as usize..range.end as usize)
}

/// A path as a relative URI.
pub(crate) fn uri(path: &Path) -> String {
    let mut out = String::new();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte.into());
            }
            b'\\' if cfg!(windows) => out.push('/'),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// `3 definitions`.
pub(crate) fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
