//! Documents: a README for every crate, a page for every diagnostic code, one numbered page per decision.

use std::collections::BTreeSet;

use super::{Tidy, read};
use crate::layers::LAYERS;

/// Checks the documents.
pub(super) fn check(tidy: &mut Tidy) -> anyhow::Result<()> {
    readmes(tidy)?;
    codes(tidy)?;
    decisions(tidy)
}

fn readmes(tidy: &mut Tidy) -> anyhow::Result<()> {
    for layer in LAYERS {
        let dir = tidy.root.join(layer.dir);
        if dir.exists() && !dir.join("README.md").exists() {
            tidy.breach(&dir, "has no README.md");
        }
        let lib = dir.join("src/lib.rs");
        if lib.exists() && layer.dir.starts_with("crates/") && !read(&lib)?.contains("//! ```") {
            tidy.breach(&lib, "the crate's page has no runnable example");
        }
    }
    Ok(())
}

/// The code that a line like `NAME = 0203 "title";` declares.
fn declared(line: &str) -> Option<String> {
    let (name, rest) = line.trim().split_once(" = ")?;
    let number = rest.split(' ').next()?;
    let is_constant = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    (is_constant && number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()))
        .then(|| format!("KRO{number}"))
}

fn codes(tidy: &mut Tidy) -> anyhow::Result<()> {
    let dir = tidy.root.join("docs/reference/diagnostics");
    let mut pages = BTreeSet::new();
    for path in tidy.files("docs/reference/diagnostics", ".md")? {
        if let Some(code) = path.file_stem().and_then(|s| s.to_str()).filter(|s| s.starts_with("KRO")) {
            pages.insert(code.to_owned());
        }
    }
    let source = tidy.root.join("crates/diagnostic/src/codes.rs");
    if !source.exists() {
        return Ok(());
    }
    let text = read(&source)?;
    let known: BTreeSet<String> = text.lines().filter_map(declared).collect();
    for code in known.difference(&pages) {
        tidy.breach(&dir, format_args!("{code} has no page"));
    }
    for code in pages.difference(&known) {
        tidy.breach(&dir, format_args!("{code}.md explains a code that does not exist"));
    }
    Ok(())
}

fn decisions(tidy: &mut Tidy) -> anyhow::Result<()> {
    let mut numbers = BTreeSet::new();
    for path in tidy.files("docs/decisions", ".md")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number: String = name.chars().take_while(char::is_ascii_digit).collect();
        if name != "README.md" && (number.len() != 4 || !numbers.insert(number)) {
            tidy.breach(&path, "a decision is named NNNN-title.md, each number once");
        }
    }
    Ok(())
}
