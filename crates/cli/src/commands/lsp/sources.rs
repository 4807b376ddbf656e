//! The files in which names are looked for: the document of a question first, the other open ones, then the files of
//! the workspace that are not open.

use std::ops::Range;

use kro_ide::{File, definition};
use lsp_types::Uri;

use super::documents::Documents;
use super::workspace::{Workspace, path, uri};

/// The files of one question.
pub(super) struct Sources<'w> {
    pub(super) all: Vec<Source<'w>>,
    workspace: &'w Workspace,
}

/// One of them.
pub(super) struct Source<'w> {
    pub(super) uri: String,
    /// Of an open document.
    pub(super) version: Option<i32>,
    pub(super) file: &'w File,
}

/// Where something is declared.
pub(super) struct Declared {
    pub(super) uri: String,
    /// The text of the whole file.
    pub(super) text: String,
    pub(super) bytes: Range<usize>,
}

impl<'w> Sources<'w> {
    /// The document has to be open.
    pub(super) fn new(documents: &'w Documents, workspace: &'w Workspace, document: &Uri) -> Self {
        let mut all: Vec<Source<'w>> = documents
            .iter()
            .map(|(uri, document)| Source {
                uri: uri.clone(),
                version: Some(document.version),
                file: &document.file,
            })
            .collect();
        all.sort_by_key(|source| source.uri != document.as_str());
        let open: Vec<_> = all.iter().filter_map(|source| path(&source.uri)).collect();
        let closed = workspace.files().filter(|(path, _)| !open.contains(path));
        all.extend(closed.map(|(path, file)| Source { uri: uri(path), version: None, file }));
        Self { all, workspace }
    }

    pub(super) fn files(&self) -> Vec<&'w File> {
        self.all.iter().map(|source| source.file).collect()
    }

    /// Where the thing at a byte of the document is declared. Files of CRDs are large, so they are read only when no
    /// definition declares it.
    pub(super) fn definition(&self, byte: usize) -> Option<Declared> {
        let mut files = self.files();
        if let Some(place) = definition(&files, 0, byte) {
            let source = &self.all[place.file];
            let text = source.file.text().to_owned();
            return Some(Declared { uri: source.uri.clone(), text, bytes: place.bytes });
        }
        let crds = self.workspace.crds(&files.first()?.kinds());
        let known = files.len();
        files.extend(crds.iter().map(|(_, file)| file));
        let place = definition(&files, 0, byte)?;
        let (path, file) = crds.get(place.file.checked_sub(known)?)?;
        Some(Declared { uri: uri(path), text: file.text().to_owned(), bytes: place.bytes })
    }
}
