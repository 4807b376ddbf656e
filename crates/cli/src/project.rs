//! Reads files and folders of manifests into documents, in the order in which they can be applied.
//! Decides nothing about their contents beyond `apiVersion`, `kind` and `metadata.name`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use kro_diagnostic::source::{Document, FileId, Sources};
use kro_diagnostic::{Diagnostic, Locus, Severity, codes};
use kro_object::{FieldPath, Object, ObjectKey};

use crate::output::{Advice, render_style};

/// What standard input is called in messages.
pub(crate) const STDIN: &str = "<stdin>";
/// Larger files are no manifests; as the API server's limit for one object, with room for several.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;
/// The largest file with CRDs alone: vendors publish all of theirs in one.
const LARGEST_BUNDLE: u64 = 128 * 1024 * 1024;

/// Every manifest below some paths.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The files, for rendering diagnostics.
    pub(crate) sources: Sources,
    /// What was read.
    pub(crate) manifests: Vec<Manifest>,
    /// What could not be read as manifests.
    pub(crate) problems: Vec<Problem>,
    /// What can be read and is likely not meant as it is written.
    pub(crate) remarks: Vec<Problem>,
}

/// Something that is no manifest.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// The file, as the user named it.
    pub(crate) file: PathBuf,
    /// The same among the sources.
    pub(crate) id: FileId,
    /// What is wrong; its places are bytes of the file.
    pub(crate) diagnostic: Diagnostic,
    /// The same for people, with the lines it is about.
    pub(crate) text: String,
}

/// One document of a file.
#[derive(Debug)]
pub(crate) struct Manifest {
    /// The file, as the user named it.
    pub(crate) file: PathBuf,
    /// Where each field stands.
    pub(crate) document: Document,
    /// The document as an object.
    pub(crate) object: Object,
    /// What it is to us.
    pub(crate) role: Role,
}

/// What a manifest is, in the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// A CustomResourceDefinition.
    Crd,
    /// A Namespace: others may live in it.
    Namespace,
    /// A ResourceGraphDefinition.
    Definition,
    /// Anything else: objects that definitions refer to, and instances.
    Object,
}

/// What must be ready when everything is: the definitions by name, and the instances of these definitions.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// Names of definitions.
    pub(crate) definitions: Vec<Arc<str>>,
    /// Instances by definition and name.
    pub(crate) instances: Vec<(Arc<str>, ObjectKey)>,
}

impl Project {
    /// Reads every `.yaml`, `.yml` and `.json` file below the paths, folders in name order; `-` is standard input.
    pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        Ok(Self::read_but(paths, |_| false)?.0)
    }

    /// The same without the files whose texts a test puts aside; their names come along.
    pub(crate) fn read_but(
        paths: &[PathBuf],
        aside: impl Fn(&str) -> bool,
    ) -> anyhow::Result<(Self, Vec<PathBuf>)> {
        let mut project = Self::default();
        let mut left = Vec::new();
        for path in paths {
            if path.as_os_str() == "-" {
                project.add(Path::new(STDIN), standard_input()?);
                continue;
            }
            for file in files_at(path, &["yaml", "yml", "json"])? {
                let text = read_text(&file)?;
                if aside(&text) {
                    left.push(file);
                } else {
                    project.add(&file, text);
                }
            }
        }
        project.manifests.sort_by_key(|manifest| manifest.role);
        Ok((project, left))
    }

    /// Refuses a project in which something is no manifest, after saying on standard error what and where.
    pub(crate) fn require_manifests(&self) -> anyhow::Result<()> {
        if self.problems.is_empty() {
            return Ok(());
        }
        for problem in &self.problems {
            anstream::eprintln!("{}", problem.text.trim_end());
        }
        let help = "every YAML file in a folder is read; name single files to leave others out";
        Err(Advice::new("not everything here is a manifest, so nothing was done", help).into())
    }

    /// The definitions among the manifests.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = &Manifest> {
        self.manifests.iter().filter(|manifest| manifest.role == Role::Definition)
    }

    /// What must be ready when everything is.
    pub(crate) fn expected(&self) -> Expected {
        let mut expected = Expected::default();
        for definition in self.definitions() {
            let name: Arc<str> = definition.object.key().name.into();
            let Some((group, kind)) = generated_kind(&definition.object) else { continue };
            for manifest in self.manifests.iter().filter(|m| m.role == Role::Object) {
                if manifest.object.gvk().is_ok_and(|gvk| *gvk.group == *group && *gvk.kind == *kind) {
                    expected.instances.push((Arc::clone(&name), manifest.object.key()));
                }
            }
            expected.definitions.push(name);
        }
        expected
    }

    /// Reads the documents of a text; the file is what it is called.
    pub(crate) fn add(&mut self, file: &Path, text: String) {
        let id = self.sources.add(&file.display().to_string(), text);
        let read = self.sources.documents(id);
        for diagnostic in read.diagnostics {
            self.problem(file, id, diagnostic);
        }
        for document in read.value.unwrap_or_default().into_iter().flat_map(kro_ide::objects) {
            let value = document.to_value();
            // Scenarios lie beside what they are about.
            if value.is_null() || value["apiVersion"] == kro_sim::scenario::API_VERSION {
                continue;
            }
            match role(&value)
                .and_then(|role| Ok((role, Object::from_value(value).map_err(|e| e.to_string())?)))
            {
                Ok((role, object)) => {
                    self.manifests.push(Manifest { file: file.to_path_buf(), document, object, role });
                }
                Err(message) => {
                    let first_line = self.sources.span(&document, &Locus::key(FieldPath::root())).bytes;
                    let place = Locus::file(first_line.start as u32..first_line.end as u32);
                    self.problem(file, id, Diagnostic::error(codes::MISSING_FIELD, place, message));
                }
            }
        }
    }

    fn problem(&mut self, file: &Path, id: FileId, diagnostic: Diagnostic) {
        let text = self.sources.render_file(id, std::slice::from_ref(&diagnostic), render_style());
        let list = match diagnostic.severity {
            Severity::Error => &mut self.problems,
            _ => &mut self.remarks,
        };
        list.push(Problem { file: file.to_path_buf(), id, diagnostic, text });
    }

    /// Diagnostics of one manifest, with the lines they are about.
    pub(crate) fn render(&self, manifest: &Manifest, diagnostics: &[Diagnostic]) -> String {
        self.sources.render(&manifest.document, diagnostics, render_style())
    }
}

/// Group and kind that a definition makes.
fn generated_kind(definition: &Object) -> Option<(String, String)> {
    let schema = definition.as_map().get("spec")?.get("schema")?;
    let text = |key: &str| schema.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
    Some((text("group").unwrap_or_else(|| "kro.run".to_owned()), text("kind")?))
}

fn role(value: &serde_json::Value) -> Result<Role, String> {
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
    let (Some(version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return Err("not a Kubernetes manifest: `apiVersion` and `kind` are missing".to_owned());
    };
    if value.pointer("/metadata/name").and_then(serde_json::Value::as_str).is_none_or(str::is_empty) {
        return Err(format!("{kind} has no metadata.name"));
    }
    Ok(match (version.split('/').next().unwrap_or_default(), kind) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Role::Crd,
        ("v1", "Namespace") => Role::Namespace,
        ("kro.run", "ResourceGraphDefinition") => Role::Definition,
        _ => Role::Object,
    })
}

/// The text of a file that may be a manifest.
pub(crate) fn read_text(file: &Path) -> anyhow::Result<String> {
    read_up_to(file, LARGEST_FILE)
}

/// The text of a file with CRDs, which is read document by document.
pub(crate) fn read_crd_file(file: &Path) -> anyhow::Result<String> {
    read_up_to(file, LARGEST_BUNDLE)
}

fn read_up_to(file: &Path, limit: u64) -> anyhow::Result<String> {
    let what = || format!("cannot read {}", file.display());
    let size = fs::metadata(file).with_context(what)?.len();
    if size > limit {
        return Err(too_large(&what(), size, limit));
    }
    text(fs::read(file).with_context(what)?, &what())
}

/// The text on standard input.
pub(crate) fn standard_input() -> anyhow::Result<String> {
    let what = "cannot read standard input";
    let mut bytes = Vec::new();
    std::io::stdin().take(LARGEST_FILE + 1).read_to_end(&mut bytes).context(what)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(too_large(what, bytes.len() as u64, LARGEST_FILE));
    }
    text(bytes, what)
}

fn too_large(what: &str, size: u64, limit: u64) -> anyhow::Error {
    let found = format!("{what}: at least {size} bytes; the limit is {limit}");
    Advice::new(found, "no manifest is that large; name the files that hold some").into()
}

fn text(bytes: Vec<u8>, what: &str) -> anyhow::Result<String> {
    let is_utf_16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    String::from_utf8(bytes).map_err(|error| {
        let (found, help) = match error.utf8_error().valid_up_to() {
            _ if is_utf_16 => ("UTF-16, not UTF-8".to_owned(), "save it as UTF-8"),
            0 => ("not UTF-8 at byte 0".to_owned(), "it may be no text at all; manifests are text in UTF-8"),
            at => (format!("not UTF-8 at byte {at}"), "save it as UTF-8"),
        };
        Advice::new(format!("{what}: {found}"), help).into()
    })
}

/// Whether a text holds CRDs and nothing else that matters here. Looks at lines only: a wrong yes would hide a
/// definition, so anything unusual is a no.
pub(crate) fn holds_crds_only(text: &str) -> bool {
    if text.contains("ResourceGraphDefinition") {
        return false;
    }
    let mut kinds = text.lines().filter_map(|line| line.strip_prefix("kind:")).map(str::trim).peekable();
    kinds.peek().is_some() && kinds.all(|kind| kind == "CustomResourceDefinition")
}

/// A file itself, or the files below a folder with one of the endings, in name order; hidden files and folders are
/// left out.
pub(crate) fn files_at(path: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let metadata = fs::metadata(path).with_context(|| {
        Advice::new(
            format!("cannot read {}", path.display()),
            "name a YAML file, or a folder that holds some",
        )
    })?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    let mut folders = vec![path.to_path_buf()];
    // Links can lead back to where they are.
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        if !seen.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let wanted = path.extension().is_some_and(|end| endings.iter().any(|known| end == *known));
            if hidden {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if wanted {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(dir.path().join(name), text).expect("writable");
        }
        Project::read(&[dir.path().to_path_buf()]).expect("readable")
    }

    #[test]
    fn documents_come_in_the_order_they_can_be_applied() {
        let project = project(&[
            ("a.yaml", "{apiVersion: kro.run/v1alpha1, kind: WebApp, metadata: {name: i}}"),
            (
                "b.yaml",
                "{apiVersion: kro.run/v1alpha1, kind: ResourceGraphDefinition, metadata: {name: d}}\n---\n\
                 {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: c}}",
            ),
            (".hidden.yaml", "nonsense"),
            ("notes.txt", "nonsense"),
        ]);
        let roles: Vec<Role> = project.manifests.iter().map(|m| m.role).collect();
        assert_eq!(roles, [Role::Crd, Role::Definition, Role::Object]);
        assert!(project.problems.is_empty(), "{:?}", project.problems);
    }

    #[test]
    fn what_is_no_manifest_is_a_problem_with_its_file() {
        for (text, expected) in [
            ("a: [", "a.yaml"),
            ("a: 1", "`apiVersion` and `kind` are missing"),
            ("{apiVersion: v1, kind: Secret}", "Secret has no metadata.name"),
            ("{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n\njust text", "a.yaml:4:1"),
            ("apiVersion: v1\nkind: List\nitems:\n- a: 1", "a.yaml:4:3"),
        ] {
            let project = project(&[("a.yaml", text)]);
            assert!(
                project.problems.iter().any(|p| p.text.contains(expected)),
                "{text}: {:?}",
                project.problems
            );
        }
    }

    #[test]
    fn a_list_is_its_items() {
        let project = project(&[(
            "a.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: kro.run/v1alpha1, kind: ResourceGraphDefinition, \
             metadata: {name: d}}\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: \
             {name: p}}]}\n",
        )]);
        let names: Vec<String> =
            project.manifests.iter().map(|it| it.object.key().name.to_string()).collect();
        assert_eq!((names.join(" "), project.problems.len()), ("d p".to_owned(), 0));
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_contain_themselves_end() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for name in ["a", "b"] {
            std::os::unix::fs::symlink(dir.path(), dir.path().join(name)).expect("a link");
        }
        fs::write(dir.path().join("x.yaml"), "").expect("writable");
        assert_eq!(files_at(dir.path(), &["yaml"]).expect("readable"), [dir.path().join("x.yaml")]);
    }

    #[test]
    fn a_missing_path_is_an_error_with_advice() {
        let error = Project::read(&["nowhere.yaml".into()]).expect_err("does not exist");
        assert!(error.to_string().contains("nowhere.yaml"));
    }
}
