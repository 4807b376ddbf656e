//! `kro lsp`: the language server, over standard input and output. Speaks the protocol; every answer is kro-ide's.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use crossbeam_channel::RecvTimeoutError;
use kro_ide::Catalog;
use lsp_server::{Connection, Message, Notification, Request, Response};
use lsp_types::{
    CodeActionProviderCapability, CompletionOptions, HoverProviderCapability, InitializeParams, OneOf,
    PositionEncodingKind, RenameOptions, SaveOptions, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions,
};
use serde_json::{Value, json};

mod answers;
mod documents;
mod positions;
mod sources;
mod workspace;

use documents::Documents;
use positions::Encoding;
use workspace::Workspace;

/// Findings are told when no key was struck for as long as it took to find them last, within these limits: a small
/// file is judged while one types, a large one does not keep the server busy.
const QUIET: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(300));

/// Options of `kro lsp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Speak over standard input and output; there is no other way, the flag is for editors that give it.
    #[arg(long)]
    stdio: bool,
}

/// Serves one client until it says goodbye.
pub(crate) fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let (connection, threads) = Connection::stdio();
    let (id, params) =
        connection.initialize_start().context("the client does not begin as the protocol wants")?;
    let params: InitializeParams =
        serde_json::from_value(params).context("the client's first message cannot be read")?;
    let encoding = encoding(&params);
    let answer = json!({
        "capabilities": capabilities(encoding),
        "serverInfo": {"name": "kro", "version": env!("CARGO_PKG_VERSION")},
    });
    connection.initialize_finish(id, answer).context("the client left at the start")?;
    let workspace = Workspace::new(&params);
    let mut server = Server {
        catalog: workspace.catalog().clone(),
        workspace,
        documents: Documents::default(),
        encoding,
        stale: None,
        quiet: QUIET.0,
        connection: &connection,
    };
    let outcome = server.serve();
    drop(connection);
    threads.join().context("the connection ended badly")?;
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Bytes when the client can count them, else UTF-16 as the protocol was born with.
fn encoding(params: &InitializeParams) -> Encoding {
    let general = params.capabilities.general.as_ref();
    let known = general.and_then(|general| general.position_encodings.as_ref());
    let bytes = known.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
    if bytes { Encoding::Utf8 } else { Encoding::Utf16 }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "{", " ", "|"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        ..ServerCapabilities::default()
    }
}

/// One session.
struct Server<'c> {
    connection: &'c Connection,
    workspace: Workspace,
    documents: Documents,
    /// The kinds of the workspace and of the open documents, as these were when findings were told last.
    catalog: Catalog,
    encoding: Encoding,
    /// When findings are due.
    stale: Option<Instant>,
    /// How long after a change they are.
    quiet: Duration,
}

impl Server<'_> {
    fn serve(&mut self) -> anyhow::Result<()> {
        loop {
            let message = match self.stale {
                Some(due) => self.connection.receiver.recv_deadline(due),
                None => self.connection.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Request(request)) => {
                    if self.connection.handle_shutdown(&request).context("the client did not say goodbye")? {
                        return Ok(());
                    }
                    let answer = self.answer(request);
                    self.send(Message::Response(answer))?;
                }
                Ok(Message::Notification(notification)) => self.notice(notification)?,
                Ok(Message::Response(_)) => {}
                Err(RecvTimeoutError::Timeout) => self.tell()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    fn world(&self) -> answers::World<'_> {
        answers::World {
            documents: &self.documents,
            workspace: &self.workspace,
            catalog: &self.catalog,
            encoding: self.encoding,
        }
    }

    fn answer(&self, request: Request) -> Response {
        let id = request.id.clone();
        match self.world().answer(&request.method, request.params) {
            Ok(value) => Response::new_ok(id, value),
            Err(answers::Refusal { code, message }) => Response::new_err(id, code as i32, message),
        }
    }

    fn notice(&mut self, notification: Notification) -> anyhow::Result<()> {
        let params = notification.params;
        match notification.method.as_str() {
            "textDocument/didOpen" => self.documents.open(params),
            "textDocument/didChange" => self.documents.change(params, self.encoding),
            "textDocument/didClose" => {
                if let Some(uri) = self.documents.close(params) {
                    self.publish(&uri, None, &json!([]))?;
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.workspace.reload(),
            _ => return Ok(()),
        }
        // Another file may offer other kinds now, so all open files are looked at again.
        self.stale = Some(now() + self.quiet);
        Ok(())
    }

    /// Tells what is wrong with every open file.
    fn tell(&mut self) -> anyhow::Result<()> {
        self.stale = None;
        let start = now();
        let mut catalog = self.workspace.catalog().clone();
        let findings = self.world().findings(&mut catalog);
        self.catalog = catalog;
        self.quiet = (now() - start).clamp(QUIET.0, QUIET.1);
        for (uri, version, findings) in findings {
            self.publish(&uri, Some(version), &findings)?;
        }
        Ok(())
    }

    fn publish(&self, uri: &str, version: Option<i32>, findings: &Value) -> anyhow::Result<()> {
        let params = json!({"uri": uri, "version": version, "diagnostics": findings});
        self.send(Message::Notification(Notification {
            method: "textDocument/publishDiagnostics".to_owned(),
            params,
        }))
    }

    fn send(&self, message: Message) -> anyhow::Result<()> {
        self.connection.sender.send(message).context("the client is gone")
    }
}

#[expect(clippy::disallowed_methods, reason = "a server that waits for keys waits in real time")]
fn now() -> Instant {
    Instant::now()
}
