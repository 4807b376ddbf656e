//! The definitions in `fixtures/rgd`, and the examples of the diagnostics' pages: everything that is found in them is
//! announced in a comment above its line, and nothing else is. `fixtures/rgd/README.md` says how to write one.

use kro_api::ResourceGraphDefinition;
use kro_diagnostic::{
    Code, Diagnostic, Severity, codes,
    source::{Document, FileId, Sources, Span, Style},
};
use kro_graph::{
    CompileOptions, Graph, GraphSource, Kinds, Limits,
    bounds::{Ceilings, bounds},
    compile, lint, lower, required_kinds, spec_hash,
};
use kro_object::Object;
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The kinds of `crds.yaml`.
static CUSTOM: LazyLock<Kinds> = LazyLock::new(|| {
    let mut kinds = Kinds::default();
    read_crds(&fs::read_to_string(root().join("fixtures/rgd/crds.yaml")).expect("readable"), &mut kinds);
    kinds
});

/// Adds the kinds of all CRDs in a text.
pub(crate) fn read_crds(text: &str, kinds: &mut Kinds) {
    let mut sources = Sources::default();
    let file = sources.add("crds.yaml", text.to_owned());
    for document in sources.documents(file).into_result().expect("YAML") {
        kinds.insert_crd(&Object::from_value(document.to_value()).expect("an object")).expect("a CRD");
    }
}

/// What is found in a definition; the kind that it makes is added to the kinds it may use.
pub(crate) fn compile_document(document: &Document, custom: &mut Kinds) -> Vec<Diagnostic> {
    let mut compiled = Compiled::read(document);
    if let Some(source) = compiled.source.take() {
        compiled.compile(&source, custom);
    }
    compiled.found
}

/// What became of a definition.
#[derive(Default)]
pub(crate) struct Compiled {
    pub(crate) value: Value,
    pub(crate) found: Vec<Diagnostic>,
    pub(crate) hash: Option<String>,
    pub(crate) graph: Option<Graph>,
    source: Option<GraphSource>,
}

impl Compiled {
    fn read(document: &Document) -> Self {
        let mut read = Self { value: document.to_value(), ..Self::default() };
        let Ok(object) = Object::from_value(read.value.clone()) else { return read };
        let Some(definition) = ResourceGraphDefinition::decode(object).take(&mut read.found) else {
            return read;
        };
        read.hash = Some(spec_hash(&definition.spec));
        read.source = lower(&definition.spec).take(&mut read.found);
        read
    }

    fn compile(&mut self, source: &GraphSource, custom: &mut Kinds) {
        let kinds = kinds_of(source, custom);
        self.graph = compile(source, &kinds, &CompileOptions::default()).take(&mut self.found);
        if let Some(graph) = &self.graph {
            self.found.extend(lint(source, graph));
            let ceilings = Ceilings { objects: Some(500), longest_chain: Some(3), ..Ceilings::default() };
            self.found.extend(bounds(graph, Limits::default()).exceeding(ceilings));
            custom.insert_crd(&graph.crd).expect("a CRD");
        }
    }
}

/// Compiles every definition of some documents, those that others need first; in the order of the documents.
pub(crate) fn compile_documents(documents: &[Document]) -> Vec<Compiled> {
    let mut custom = CUSTOM.clone();
    let mut all: Vec<Compiled> = documents.iter().map(Compiled::read).collect();
    let mut waiting: Vec<(usize, GraphSource)> =
        all.iter_mut().enumerate().filter_map(|(index, it)| Some((index, it.source.take()?))).collect();
    while !waiting.is_empty() {
        let made: Vec<_> = waiting.iter().map(|(_, source)| source.instance.gvk.clone()).collect();
        let ready = |source: &GraphSource| {
            let own = &source.instance.gvk;
            required_kinds(source).iter().all(|(gvk, _)| gvk == own || !made.contains(gvk))
        };
        let next = waiting.iter().position(|(_, source)| ready(source)).unwrap_or(0);
        let (index, source) = waiting.remove(next);
        all[index].compile(&source, &mut custom);
    }
    all
}

/// The names and texts of all definitions of this folder.
pub(crate) fn texts() -> Vec<(String, String)> {
    let all = ["valid", "invalid"].iter().flat_map(|folder| files(folder));
    all.map(|path| (path.display().to_string(), fs::read_to_string(path).expect("readable"))).collect()
}

/// What is found in a file, with its place.
pub(crate) struct Found {
    pub(crate) diagnostic: Diagnostic,
    pub(crate) span: Span,
    rendered: String,
}

/// Compiles every definition of a text, those that others need first.
pub(crate) fn findings(name: &str, text: &str) -> Vec<Found> {
    let mut sources = Sources::default();
    let file = sources.add(name, text.to_owned());
    let read = sources.documents(file);
    let mut all = Vec::new();
    for diagnostic in read.diagnostics {
        let range = diagnostic.primary.range.clone().unwrap_or_default();
        let span = Span { file, bytes: range.start as usize..range.end as usize };
        let rendered = sources.render_file(file, std::slice::from_ref(&diagnostic), Style::Plain);
        all.push(Found { diagnostic, span, rendered });
    }
    let documents = read.value.unwrap_or_default();
    for (document, compiled) in documents.iter().zip(compile_documents(&documents)) {
        for diagnostic in compiled.found {
            let span = sources.span(document, &diagnostic.primary);
            let rendered = sources.render(document, std::slice::from_ref(&diagnostic), Style::Plain);
            all.push(Found { diagnostic, span, rendered });
        }
    }
    all.sort_by_key(|found| found.span.bytes.start);
    all
}

fn kinds_of(source: &GraphSource, custom: &Kinds) -> Kinds {
    let mut kinds = Kinds::default();
    for (gvk, _) in required_kinds(source) {
        if let Some((resource, schema)) = custom.get(&gvk) {
            kinds.insert(resource.clone(), Arc::clone(schema));
        } else if let Some(kind) = kro_k8s_schemas::kinds().iter().find(|kind| kind.gvk == gvk) {
            kinds.insert(kind.clone(), kro_k8s_schemas::schema(&gvk).expect("a schema"));
        }
    }
    kinds.known = kro_k8s_schemas::kinds().iter().map(|kind| kind.gvk.clone()).collect();
    kinds.known.extend(custom.by_gvk.keys().cloned());
    kinds
}

/// The comment that announces a finding: where the text it is about stands in its line.
fn announcement(text: &str, found: &Found) -> (usize, String) {
    let start = found.span.bytes.start;
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find(['\r', '\n']).map_or(text.len(), |at| start + at);
    let line = &text[line_start..line_end];
    let number = text[..start].matches('\n').count();
    let (column, end) = (start - line_start, found.span.bytes.end.min(line_end) - line_start);
    let part = &line[column..end.max(column)];
    let more = if found.span.bytes.end > line_end { "…" } else { "" };
    let target = if part.is_empty() || part.contains('`') {
        format!("@{}", line[..column].chars().count() + 1)
    } else {
        let nth = line.match_indices(part).position(|(at, _)| at == column);
        match nth {
            Some(0) => format!("`{part}`{more}"),
            Some(nth) => format!("`{part}`{more} #{}", nth + 1),
            // Overlapping occurrences are not counted.
            None => format!("@{}", line[..column].chars().count() + 1),
        }
    };
    (number, format!("{}: [{}] {target}", found.diagnostic.severity, found.diagnostic.code))
}

fn is_announcement(line: &str) -> bool {
    let line = line.trim_start();
    ["# error: [", "# warning: [", "# hint: ["].iter().any(|prefix| line.starts_with(prefix))
}

/// The announcements of a file, each with the index of its line.
fn announced(text: &str) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    let mut waiting: Vec<(usize, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if is_announcement(line) {
            let comment = line.trim().trim_start_matches("# ").to_owned();
            let (head, rest) = comment.split_at(comment.find(']').expect("a code") + 1);
            let (skip, target) = match rest.trim_start().strip_prefix('+') {
                Some(rest) => {
                    let (skip, target) = rest.split_once(' ').expect("a number of lines and a target");
                    (skip.parse().expect("a number of lines"), target)
                }
                None => (0, rest.trim_start()),
            };
            waiting.push((skip, format!("{head} {target}")));
        } else {
            all.extend(waiting.drain(..).map(|(skip, comment)| (number + skip, comment)));
        }
    }
    assert!(waiting.is_empty(), "an announcement has a line below it");
    all.sort();
    all
}

/// The text with the announcements it should have, each as near above its line as YAML allows a comment.
fn with_announcements(name: &str, text: &str) -> String {
    let bare: String = text.split_inclusive('\n').filter(|line| !is_announcement(line)).collect();
    let mut lines: Vec<(Option<usize>, String)> = bare
        .split_inclusive('\n')
        .enumerate()
        .map(|(number, line)| (Some(number), line.to_owned()))
        .collect();
    let joined = |lines: &[(Option<usize>, String)]| -> String {
        lines.iter().map(|(_, line)| line.as_str()).collect()
    };
    let before = values(&bare);
    let mut comments: Vec<(usize, String)> =
        findings(name, &bare).iter().map(|found| announcement(&bare, found)).collect();
    comments.sort();
    for (number, comment) in comments {
        let (head, target) = comment.split_at(comment.find(']').expect("a code") + 1);
        let newline = if bare.contains("\r\n") { "\r\n" } else { "\n" };
        let placed = (0..=number).find_map(|skip| {
            let at = lines.iter().position(|(line, _)| *line == Some(number - skip))?;
            let offset = if skip == 0 { String::new() } else { format!(" +{skip}") };
            let indent: String = lines[at].1.chars().take_while(|c| *c == ' ').collect();
            let mut tried = lines.clone();
            tried.insert(at, (None, format!("{indent}# {head}{offset}{target}{newline}")));
            (values(&joined(&tried)) == before).then_some(tried)
        });
        lines = placed.expect("the first line can have a comment above");
    }
    joined(&lines)
}

fn values(text: &str) -> (usize, Vec<Value>) {
    let mut sources = Sources::default();
    let file: FileId = sources.add("", text.to_owned());
    let read = sources.documents(file);
    let values =
        read.value.unwrap_or_default().iter().map(kro_diagnostic::source::Document::to_value).collect();
    (read.diagnostics.len(), values)
}

/// The text of a file of this folder.
pub(crate) fn text_of(file: &str) -> String {
    fs::read_to_string(root().join("fixtures/rgd").join(file)).expect("readable")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("fixtures/rgd").join(folder))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn is_blessing() -> bool {
    std::env::var_os("KRO_BLESS").is_some()
}

/// Compares what is found with what is announced; returns what was found.
fn check(path: &Path, problems: &mut Vec<String>) -> Vec<Found> {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut text = fs::read_to_string(path).expect("readable");
    if is_blessing() {
        text = with_announcements(&name, &text);
        fs::write(path, &text).expect("writable");
    }
    let found = findings(&name, &text);
    let mut actual: Vec<(usize, String)> = found.iter().map(|found| announcement(&text, found)).collect();
    actual.sort();
    let expected = announced(&text);
    let show = |(line, comment): &(usize, String)| format!("{name}:{}: {comment}", line + 1);
    for missing in expected.iter().filter(|it| !actual.contains(it)) {
        problems.push(format!("announced and not found  {}", show(missing)));
    }
    for extra in actual.iter().filter(|it| !expected.contains(it)) {
        problems.push(format!("found and not announced  {}", show(extra)));
    }
    if expected.len() != actual.len() && expected.iter().all(|it| actual.contains(it)) {
        problems.push(format!("{name}: found {} times, announced {}", actual.len(), expected.len()));
    }
    found
}

fn report(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{}\n(KRO_BLESS=1 writes what is found; read the difference)",
        problems.join("\n")
    );
}

#[test]
fn invalid() {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let mut messages = String::new();
    let files = files("invalid");
    assert!(files.len() >= 250, "only {} definitions", files.len());
    for path in &files {
        let found = check(path, &mut problems);
        let name = path.file_name().expect("a name").to_string_lossy();
        if !found.iter().any(|found| found.diagnostic.severity == Severity::Error) {
            problems.push(format!("{name}: nothing is wrong with it"));
        }
        for found in found {
            seen.insert(found.diagnostic.code);
            messages.push_str(&found.rendered);
            messages.push('\n');
        }
    }
    let errors = of_definitions().filter(|code| !code.is_warning());
    for code in errors.filter(|code| !seen.contains(code)) {
        problems.push(format!("no definition breaks {code}"));
    }
    let path = root().join("fixtures/rgd/invalid.txt");
    if is_blessing() {
        fs::write(&path, &messages).expect("writable");
    }
    if fs::read_to_string(&path).unwrap_or_default() != messages {
        problems.push("invalid.txt does not show the messages as they are now".to_owned());
    }
    report(&problems);
}

#[test]
fn valid() {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for path in files("valid") {
        for found in check(&path, &mut problems) {
            seen.insert(found.diagnostic.code);
            if found.diagnostic.severity == Severity::Error {
                problems.push(found.rendered);
            }
        }
    }
    for code in codes::ALL.iter().filter(|code| code.is_warning() && !seen.contains(code)) {
        problems.push(format!("no definition shows {code}"));
    }
    report(&problems);
}

/// All codes but those of scenarios, which are shown where scenarios are read.
fn of_definitions() -> impl Iterator<Item = &'static Code> {
    codes::ALL.iter().filter(|code| code.number() / 100 != 12)
}

/// The fenced blocks of YAML of a page.
fn examples(text: &str) -> Vec<String> {
    text.split("```yaml\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

#[test]
fn pages() {
    let mut problems = Vec::new();
    for code in of_definitions() {
        let path = root().join(format!("docs/reference/diagnostics/{code}.md"));
        let Ok(page) = fs::read_to_string(&path) else {
            problems.push(format!("{code} has no page"));
            continue;
        };
        if !page.starts_with(&format!("# {code}: {}\n", code.title())) {
            problems.push(format!("{code}: the heading is not the title"));
        }
        let examples = examples(&page);
        if examples.is_empty() {
            problems.push(format!("{code}: no example"));
        }
        // The first shows it; others may show what mends it.
        for (index, example) in examples.iter().enumerate() {
            let found = findings(&format!("{code}.md"), example);
            let is_missing = found.is_empty() && (index == 0 || !announced(example).is_empty());
            if is_missing || found.iter().any(|found| found.diagnostic.code != *code) {
                let all: Vec<String> = found.iter().map(|found| found.diagnostic.to_string()).collect();
                problems.push(format!("{code}: the example shows {all:?}"));
            }
        }
    }
    report(&problems);
}
