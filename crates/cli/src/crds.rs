//! Files of CRDs, of which there may be many and large ones: looked into only as far as a definition needs. Each
//! document is read by itself and let go, so a folder of a thousand kinds costs what the few needed ones do.

use std::path::{Path, PathBuf};

use kro_ide::Catalog;
use kro_object::Gvk;

use crate::project::{Project, Role, read_crd_file};

/// Files that hold nothing but CRDs.
#[derive(Debug)]
pub(crate) struct CrdFiles {
    files: Vec<PathBuf>,
}

impl CrdFiles {
    /// Some files.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        Self { files }
    }

    /// Adds more of them.
    pub(crate) fn extend(&mut self, files: Vec<PathBuf>) {
        self.files.extend(files);
    }

    /// Adds the kinds of those documents that a test selects to the catalog. What is no YAML goes to the project's
    /// problems. A CRD that cannot be used is left out: the server will say why.
    pub(crate) fn read(
        &self,
        mut wanted: impl FnMut(&str) -> bool,
        project: &mut Project,
        catalog: &mut Catalog,
    ) -> anyhow::Result<()> {
        for file in &self.files {
            let text = read_crd_file(file)?;
            for (start, document) in documents(&text) {
                if wanted(document) {
                    one(file, &text[..start], document, project, catalog);
                }
            }
        }
        Ok(())
    }
}

fn one(file: &Path, before: &str, document: &str, project: &mut Project, catalog: &mut Catalog) {
    let mut alone = Project::default();
    alone.add(file, document.to_owned());
    if !alone.problems.is_empty() {
        // Once more for the messages, on the lines it has in its file.
        let lines = "\n".repeat(before.matches('\n').count());
        return project.add(file, lines + document);
    }
    for manifest in alone.manifests.iter().filter(|manifest| manifest.role == Role::Crd) {
        let _ = catalog.insert_crd(&manifest.object);
    }
}

/// The documents of a file with the byte at which each starts. A line that starts with `---` ends a document wherever
/// it stands; not even a block scalar can hold one.
fn documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let mut ends = text
        .match_indices("\n---")
        .filter(|(at, _)| text[at + 4..].chars().next().is_none_or(char::is_whitespace))
        .map(|(at, _)| at + 1);
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let end = ends.next().unwrap_or(text.len());
        let document = (start, &text[start..end]);
        start = end;
        Some(document)
    })
}

/// Whether a text may hold the CRD of a kind: its group stands there, and `kind:` with its name, in any notation.
pub(crate) fn may_declare(text: &str, gvk: &Gvk) -> bool {
    let filler = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    let is_named = |(at, name): (usize, &str)| {
        let ends = !text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric());
        let key = text[..at].trim_end_matches(filler).strip_suffix(':');
        ends && key.is_some_and(|key| key.trim_end_matches(filler).ends_with("kind"))
    };
    !gvk.group.is_empty() && text.contains(&*gvk.group) && text.match_indices(&*gvk.kind).any(is_named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_where_yaml_ends_them() {
        let cut = |text: &'static str| documents(text).map(|(_, document)| document).collect::<Vec<_>>();
        assert_eq!(cut("a: 1\n---\nb: 2\n--- # c\nd: 3"), ["a: 1\n", "---\nb: 2\n", "--- # c\nd: 3"]);
        assert_eq!(cut("---\na: |\n  ---\n  x\n---x: 1\n"), ["---\na: |\n  ---\n  x\n---x: 1\n"]);
        assert_eq!(cut(""), Vec::<&str>::new());
        assert_eq!(cut("a\n---"), ["a\n", "---"]);
    }

    #[test]
    fn a_kind_is_declared_in_any_notation() {
        let site = Gvk::new("test.dev", "v1", "Site");
        for text in [
            "group: test.dev\nnames:\n  kind: Site\n",
            "{group: test.dev, names: {kind: Site, plural: sites}}",
            r#"{"group": "test.dev", "names": {"kind" : "Site"}}"#,
            "group: test.dev\nkind:\n  'Site'",
        ] {
            assert!(may_declare(text, &site), "{text}");
        }
        for text in [
            "group: test.dev\nkind: SiteMap\ndescription: a Site",
            "group: other.dev\nkind: Site",
            "group: test.dev\nsingular: Site",
        ] {
            assert!(!may_declare(text, &site), "{text}");
        }
        assert!(
            !may_declare("group: ''\nkind: Pod", &Gvk::new("", "v1", "Pod")),
            "no CRD has the core group"
        );
    }
}
