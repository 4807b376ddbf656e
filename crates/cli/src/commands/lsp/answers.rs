//! Requests of the protocol to questions of kro-ide, and the answers back.

use std::collections::BTreeMap;

use kro_diagnostic::Severity;
use kro_ide::{Catalog, CompletionKind, File, Finding, Symbol, SymbolKind, format};
use lsp_server::ErrorCode;
use lsp_types as lsp;
use serde::Serialize;
use serde_json::{Value, json};

use super::documents::{Document, Documents, read};
use super::positions::{self, Encoding};
use super::sources::{self, Sources};
use super::workspace::Workspace;

/// What answers depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct World<'w> {
    pub(super) documents: &'w Documents,
    pub(super) workspace: &'w Workspace,
    pub(super) catalog: &'w kro_ide::Catalog,
    pub(super) encoding: Encoding,
}

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) message: String,
}

type Answer = Result<Value, Refusal>;

/// A document with a byte of it.
type Place<'w> = (&'w Document, usize);

impl<'w> World<'w> {
    /// Answers a request.
    pub(super) fn answer(&self, method: &str, params: Value) -> Answer {
        match method {
            "textDocument/hover" => self.hover(params),
            "textDocument/completion" => self.completion(params),
            "textDocument/definition" => self.definition(params),
            "textDocument/references" => self.references(params),
            "textDocument/prepareRename" => self.prepare_rename(params),
            "textDocument/rename" => self.rename(params),
            "textDocument/documentSymbol" => self.symbols(params),
            "textDocument/formatting" => self.formatting(params),
            "textDocument/codeAction" => self.actions(params),
            other => Err(Refusal {
                code: ErrorCode::MethodNotFound,
                message: format!("the server does not know {other}"),
            }),
        }
    }

    /// What is wrong with each open document. Their kinds are added to the catalog.
    pub(super) fn findings(&self, catalog: &mut Catalog) -> Vec<(String, i32, Value)> {
        let files: Vec<&File> = self.documents.iter().map(|(_, document)| &document.file).collect();
        let found = kro_ide::findings(&files, catalog);
        let told = |((uri, document), found): ((&String, &Document), Vec<Finding>)| {
            let found = found.iter().map(|finding| self.diagnostic(&document.file, uri, finding));
            (uri.clone(), document.version, found.collect())
        };
        self.documents.iter().zip(found).map(told).collect()
    }

    fn hover(&self, params: Value) -> Answer {
        let params: lsp::HoverParams = parameters(params)?;
        let (document, byte) = self.place(&params.text_document_position_params)?;
        let hover = kro_ide::hover(&document.file, byte, self.catalog).map(|hover| lsp::Hover {
            contents: lsp::HoverContents::Markup(lsp::MarkupContent {
                kind: lsp::MarkupKind::Markdown,
                value: hover.markdown,
            }),
            range: Some(self.range(&document.file, &hover.bytes)),
        });
        value(&hover)
    }

    fn completion(&self, params: Value) -> Answer {
        let params: lsp::CompletionParams = parameters(params)?;
        let (document, byte) = self.place(&params.text_document_position)?;
        let found = kro_ide::complete(document.file.text(), byte, self.catalog);
        let item = |it: kro_ide::Completion| lsp::CompletionItem {
            kind: Some(match it.kind {
                CompletionKind::Field => lsp::CompletionItemKind::FIELD,
                CompletionKind::Variable => lsp::CompletionItemKind::VARIABLE,
                CompletionKind::Function => lsp::CompletionItemKind::FUNCTION,
                CompletionKind::Value => lsp::CompletionItemKind::ENUM_MEMBER,
                CompletionKind::Keyword => lsp::CompletionItemKind::KEYWORD,
            }),
            detail: Some(it.detail).filter(|detail| !detail.is_empty()),
            documentation: it.documentation.map(lsp::Documentation::String),
            // Fields before names before functions, as they come.
            sort_text: Some(format!("{}{}", it.kind as u8, it.label)),
            text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit {
                range: self.range(&document.file, &it.bytes),
                new_text: it.text,
            })),
            label: it.label,
            ..lsp::CompletionItem::default()
        };
        value(&found.into_iter().map(item).collect::<Vec<_>>())
    }

    fn definition(&self, params: Value) -> Answer {
        let params: lsp::GotoDefinitionParams = parameters(params)?;
        let params = params.text_document_position_params;
        let (_, byte) = self.place(&params)?;
        let found = Sources::new(self.documents, self.workspace, &params.text_document.uri).definition(byte);
        let location = |it: sources::Declared| {
            json!({
                "uri": it.uri, "range": positions::range(&it.text, &it.bytes, self.encoding),
            })
        };
        value(&found.map(location))
    }

    fn references(&self, params: Value) -> Answer {
        let params: lsp::ReferenceParams = parameters(params)?;
        let at = params.text_document_position;
        let (_, byte) = self.place(&at)?;
        let sources = Sources::new(self.documents, self.workspace, &at.text_document.uri);
        let mut found = kro_ide::references(&sources.files(), 0, byte);
        if !params.context.include_declaration {
            let declaration = kro_ide::definition(&sources.files(), 0, byte);
            found.retain(|place| Some(place) != declaration.as_ref());
        }
        let location = |place: kro_ide::Place| {
            let source = &sources.all[place.file];
            json!({"uri": source.uri, "range": self.range(source.file, &place.bytes)})
        };
        Ok(found.into_iter().map(location).collect())
    }

    fn prepare_rename(&self, params: Value) -> Answer {
        let params: lsp::TextDocumentPositionParams = parameters(params)?;
        let (document, byte) = self.place(&params)?;
        let sources = Sources::new(self.documents, self.workspace, &params.text_document.uri);
        let found = kro_ide::renameable(&sources.files(), 0, byte).map(|(bytes, placeholder)| {
            lsp::PrepareRenameResponse::RangeWithPlaceholder {
                range: self.range(&document.file, &bytes),
                placeholder,
            }
        });
        value(&found)
    }

    fn rename(&self, params: Value) -> Answer {
        let params: lsp::RenameParams = parameters(params)?;
        let at = params.text_document_position;
        let (_, byte) = self.place(&at)?;
        let sources = Sources::new(self.documents, self.workspace, &at.text_document.uri);
        let edits = kro_ide::rename(&sources.files(), 0, byte, &params.new_name)
            .map_err(|message| Refusal { code: ErrorCode::RequestFailed, message })?;
        let mut by_file: BTreeMap<usize, Vec<format::Edit>> = BTreeMap::new();
        for (file, edit) in edits {
            by_file.entry(file).or_default().push(edit);
        }
        let changes = by_file.iter().map(|(file, edits)| {
            let source = &sources.all[*file];
            self.changes(source.file, &source.uri, source.version, edits)
        });
        Ok(json!({"documentChanges": changes.collect::<Value>()}))
    }

    fn symbols(&self, params: Value) -> Answer {
        let params: lsp::DocumentSymbolParams = parameters(params)?;
        let document = self.document(&params.text_document.uri)?;
        Ok(kro_ide::outline(&document.file).iter().map(|symbol| self.symbol(document, symbol)).collect())
    }

    /// A symbol as JSON: the type of the protocol's library wants a field that is no longer used.
    fn symbol(&self, document: &Document, symbol: &Symbol) -> Value {
        let kind = match symbol.kind {
            SymbolKind::Definition => lsp::SymbolKind::CLASS,
            SymbolKind::Object | SymbolKind::Resource => lsp::SymbolKind::OBJECT,
            SymbolKind::Field => lsp::SymbolKind::FIELD,
        };
        let children: Vec<Value> = symbol.children.iter().map(|child| self.symbol(document, child)).collect();
        json!({
            "name": symbol.name,
            "detail": symbol.detail,
            "kind": kind,
            "range": self.range(&document.file, &symbol.bytes),
            "selectionRange": self.range(&document.file, &symbol.name_bytes),
            "children": children,
        })
    }

    fn formatting(&self, params: Value) -> Answer {
        let params: lsp::DocumentFormattingParams = parameters(params)?;
        let document = self.document(&params.text_document.uri)?;
        let text = document.file.text();
        let formatted = format::format(text).filter(|formatted| formatted != text);
        let edit =
            |new_text| vec![lsp::TextEdit { range: self.range(&document.file, &(0..text.len())), new_text }];
        value(&formatted.map(edit))
    }

    fn actions(&self, params: Value) -> Answer {
        let params: lsp::CodeActionParams = parameters(params)?;
        let uri = params.text_document.uri.as_str();
        let document = self.document(&params.text_document.uri)?;
        let text = document.file.text();
        let start = positions::byte(text, params.range.start, self.encoding);
        let end = positions::byte(text, params.range.end, self.encoding);
        let here = |finding: &Finding| finding.bytes.start <= end && start <= finding.bytes.end;
        let action = |finding: &Finding| {
            let fix = finding.fix.as_ref()?;
            let old = &text[fix.bytes.clone()];
            Some(json!({
                "title": format!("replace {old:?} with {:?}", fix.text),
                "kind": "quickfix",
                "isPreferred": true,
                "diagnostics": [self.diagnostic(&document.file, uri, finding)],
                "edit": {"documentChanges": [
                    self.changes(&document.file, uri, Some(document.version), std::slice::from_ref(fix)),
                ]},
            }))
        };
        let findings = document.file.findings(self.catalog);
        Ok(findings.iter().filter(|finding| here(finding)).filter_map(action).collect())
    }

    fn diagnostic(&self, file: &File, uri: &str, finding: &Finding) -> Value {
        let diagnostic = &finding.diagnostic;
        let severity = match diagnostic.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            Severity::Hint => lsp::DiagnosticSeverity::HINT,
        };
        let message = match &diagnostic.help {
            Some(help) => format!("{}\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        let related: Vec<Value> = finding
            .related
            .iter()
            .map(|(bytes, note)| {
                json!({"location": {"uri": uri, "range": self.range(file, bytes)}, "message": note})
            })
            .collect();
        json!({
            "range": self.range(file, &finding.bytes),
            "severity": severity,
            "code": diagnostic.code.to_string(),
            "source": "kro",
            "message": message,
            "relatedInformation": related,
        })
    }

    /// The edits of one file; the version is that of an open one.
    fn changes(&self, file: &File, uri: &str, version: Option<i32>, edits: &[format::Edit]) -> Value {
        let edits = edits
            .iter()
            .map(|edit| lsp::TextEdit { range: self.range(file, &edit.bytes), new_text: edit.text.clone() });
        json!({"textDocument": {"uri": uri, "version": version}, "edits": edits.collect::<Vec<_>>()})
    }

    fn document(&self, uri: &lsp::Uri) -> Result<&'w Document, Refusal> {
        self.documents.get(uri.as_str()).ok_or_else(|| Refusal {
            code: ErrorCode::InvalidParams,
            message: format!("{} is not open", uri.as_str()),
        })
    }

    fn place(&self, at: &lsp::TextDocumentPositionParams) -> Result<Place<'w>, Refusal> {
        let document = self.document(&at.text_document.uri)?;
        Ok((document, positions::byte(document.file.text(), at.position, self.encoding)))
    }

    fn range(&self, file: &File, bytes: &std::ops::Range<usize>) -> lsp::Range {
        positions::range(file.text(), bytes, self.encoding)
    }
}

fn parameters<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    read(params).ok_or_else(|| Refusal {
        code: ErrorCode::InvalidParams,
        message: "the parameters are not those of the method".to_owned(),
    })
}

fn value(answer: &impl Serialize) -> Answer {
    serde_json::to_value(answer)
        .map_err(|error| Refusal { code: ErrorCode::InternalError, message: error.to_string() })
}
