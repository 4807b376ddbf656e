//! The texts that are open in the editor, as the editor has them.

use std::collections::BTreeMap;

use kro_ide::File;
use lsp_types::{DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::positions::{Encoding, byte};

/// Open texts by URI.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Document>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Document {
    /// What the editor counts up.
    pub(super) version: i32,
    /// The text with what is in it.
    pub(super) file: File,
}

impl Documents {
    /// An open text.
    pub(super) fn get(&self, uri: &str) -> Option<&Document> {
        self.open.get(uri)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Document)> {
        self.open.iter()
    }

    /// Messages that cannot be read change nothing, here and below.
    pub(super) fn open(&mut self, params: Value) {
        let Some(params) = read::<DidOpenTextDocumentParams>(params) else { return };
        let document = params.text_document;
        let uri = document.uri.as_str().to_owned();
        let file = File::read(&uri, document.text);
        self.open.insert(uri, Document { version: document.version, file });
    }

    /// Takes edits over, in their order.
    pub(super) fn change(&mut self, params: Value, encoding: Encoding) {
        let Some(params) = read::<DidChangeTextDocumentParams>(params) else { return };
        let uri = params.text_document.uri.as_str();
        let Some(document) = self.open.get_mut(uri) else { return };
        let mut text = document.file.text().to_owned();
        for change in params.content_changes {
            match change.range {
                Some(range) => {
                    let start = byte(&text, range.start, encoding);
                    let end = byte(&text, range.end, encoding).max(start);
                    text.replace_range(start..end, &change.text);
                }
                None => text = change.text,
            }
        }
        document.version = params.text_document.version;
        document.file = File::read(uri, text);
    }

    /// Forgets a text; returns its URI.
    pub(super) fn close(&mut self, params: Value) -> Option<String> {
        let params = read::<DidCloseTextDocumentParams>(params)?;
        let uri = params.text_document.uri.as_str().to_owned();
        self.open.remove(&uri).map(|_| uri)
    }
}

/// The parameters of a message.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}
