//! The kinds that the files of the workspace offer: CRDs, and the kinds that definitions make.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use kro_graph::CompileOptions;
use kro_ide::{Catalog, File, compile_all};
use kro_object::{GroupKind, Object};
use lsp_types::InitializeParams;

use crate::project::files_at;
use crate::report;

/// More files are no workspace of definitions; the rest is left out.
const MAX_FILES: usize = 5000;
/// Larger files are no manifests.
const MAX_BYTES: u64 = 4 << 20;

/// The folders that the editor has open, with what is in them.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    folders: Vec<PathBuf>,
    catalog: Catalog,
    /// Files with definitions, and with objects of the kinds that these make.
    files: BTreeMap<PathBuf, File>,
    /// Where each kind has its CRD.
    crds: BTreeMap<GroupKind, PathBuf>,
}

impl Workspace {
    /// Reads the folders.
    pub(super) fn new(params: &InitializeParams) -> Self {
        let folders = params.workspace_folders.iter().flatten();
        let folders = folders.filter_map(|folder| path(folder.uri.as_str())).collect();
        let mut workspace = Self { folders, ..Self::default() };
        workspace.reload();
        workspace
    }

    /// The kinds.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Files with definitions, and with objects of the kinds that these make.
    pub(super) fn files(&self) -> impl Iterator<Item = (&PathBuf, &File)> {
        self.files.iter()
    }

    /// The files with the CRDs of some kinds, read for this question.
    pub(super) fn crds(&self, kinds: &BTreeSet<GroupKind>) -> Vec<(PathBuf, File)> {
        let paths: BTreeSet<&PathBuf> = kinds.iter().filter_map(|kind| self.crds.get(kind)).collect();
        let read = |path: &PathBuf| Some((path.clone(), File::read("", fs::read_to_string(path).ok()?)));
        paths.into_iter().filter_map(read).collect()
    }

    /// Reads the folders again. What cannot be read is left out.
    pub(super) fn reload(&mut self) {
        let folders = std::mem::take(&mut self.folders);
        let found = folders.iter().filter_map(|folder| files_at(folder, &["yaml", "yml"]).ok()).flatten();
        let found: BTreeSet<PathBuf> = found.take(MAX_FILES).collect();
        *self = Self { folders, catalog: Catalog::builtin(), ..Self::default() };
        let mut others = Vec::new();
        for path in found {
            let Some(text) = text_of(&path) else { continue };
            let has_crds = text.contains("CustomResourceDefinition");
            let has_definitions = text.contains("ResourceGraphDefinition");
            if !has_crds && !has_definitions {
                others.push(path);
                continue;
            }
            let file = File::read("", text);
            for crd in file.objects() {
                self.insert_crd(&crd, &path);
            }
            if has_definitions {
                self.files.insert(path, file);
            }
        }
        let definitions: Vec<Object> = self.files.values().flat_map(File::definitions).collect();
        let definitions: Vec<&Object> = definitions.iter().collect();
        compile_all(&definitions, &mut self.catalog, &CompileOptions::default());
        let kinds: Vec<&str> = definitions
            .iter()
            .filter_map(|it| it.as_map().get("spec")?.get("schema")?.get("kind")?.as_str())
            .collect();
        for path in others {
            let instances = text_of(&path).filter(|text| kinds.iter().any(|kind| text.contains(kind)));
            self.files.extend(instances.map(|text| (path, File::read("", text))));
        }
    }

    /// Adds a CRD, if it is one.
    fn insert_crd(&mut self, object: &Object, path: &Path) {
        if !object.gvk().is_ok_and(|it| &*it.kind == "CustomResourceDefinition") {
            return;
        }
        let _ = self.catalog.insert_crd(object);
        let Some(spec) = object.as_map().get("spec") else { return };
        if let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) {
            let kind = GroupKind { group: group.into(), kind: kind.into() };
            self.crds.insert(kind, path.to_path_buf());
        }
    }
}

/// The text of a file that may be a manifest.
fn text_of(path: &Path) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    (size <= MAX_BYTES).then_some(())?;
    fs::read_to_string(path).ok()
}

/// The URI of a file.
pub(super) fn uri(path: &Path) -> String {
    let path = report::uri(path);
    // A drive: `c:/x`.
    if path.starts_with('/') { format!("file://{path}") } else { format!("file:///{path}") }
}

/// The path that a `file:` URI names.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let mut bytes = Vec::with_capacity(rest.len());
    let mut rest = rest.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    // A drive: `/c:/x`.
    let path = if cfg!(windows) { path.trim_start_matches('/').to_owned() } else { path };
    Some(PathBuf::from(path))
}
