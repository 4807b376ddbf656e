//! The kinds that the files of the workspace offer: CRDs, and the kinds that definitions make.

use std::fs;
use std::path::PathBuf;

use kro_graph::CompileOptions;
use kro_ide::{Catalog, File, compile_all};
use kro_object::Object;
use lsp_types::{InitializeParams, Uri};

use crate::project::files_at;

/// More files are no workspace of definitions; the rest is left out.
const MAX_FILES: usize = 5000;
/// Larger files are no manifests.
const MAX_BYTES: u64 = 4 << 20;

/// The folders that the editor has open.
#[derive(Debug)]
pub(super) struct Workspace {
    folders: Vec<PathBuf>,
    catalog: Catalog,
}

impl Workspace {
    /// Reads the folders.
    pub(super) fn new(params: &InitializeParams) -> Self {
        let folders =
            params.workspace_folders.iter().flatten().filter_map(|folder| path(&folder.uri)).collect();
        let mut workspace = Self { folders, catalog: Catalog::builtin() };
        workspace.reload();
        workspace
    }

    /// The kinds.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Reads the folders again. What cannot be read is left out.
    pub(super) fn reload(&mut self) {
        let mut catalog = Catalog::builtin();
        let mut definitions: Vec<Object> = Vec::new();
        let files =
            self.folders.iter().filter_map(|folder| files_at(folder, &["yaml", "yml"]).ok()).flatten();
        for file in files.take(MAX_FILES) {
            if fs::metadata(&file).map_or(u64::MAX, |it| it.len()) > MAX_BYTES {
                continue;
            }
            let Ok(text) = fs::read_to_string(&file) else { continue };
            if !text.contains("CustomResourceDefinition") && !text.contains("ResourceGraphDefinition") {
                continue;
            }
            let file = File::read("", text);
            for object in file
                .objects()
                .filter(|object| object.gvk().is_ok_and(|it| &*it.kind == "CustomResourceDefinition"))
            {
                let _ = catalog.insert_crd(&object);
            }
            definitions.extend(file.definitions());
        }
        let definitions: Vec<&Object> = definitions.iter().collect();
        compile_all(&definitions, &mut catalog, &CompileOptions::default());
        self.catalog = catalog;
    }
}

/// The path that a `file:` URI names.
fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.as_str().strip_prefix("file://")?;
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
