//! A session of an editor with the language server, over standard input and output.

use std::fs;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use lsp_server::{Message, Notification, Request, RequestId};
use serde_json::{Value, json};

use crate::session::PATIENCE;

const URI: &str = "file:///work/web.yaml";

const TEXT: &str = "\
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata:
  name: web
spec:
  schema:
    apiVersion: v1alpha1
    kind: Web
    spec:
      name: string | required=true
  resources:
    - id: page
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: ${schema.spec.nmae}
    - id: other
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name:   ${page.metadata.name}-two
";

/// An editor.
struct Editor {
    server: Child,
    to: BufWriter<ChildStdin>,
    from: Receiver<Message>,
    id: i32,
}

impl Editor {
    fn start(folder: Option<&Path>) -> (Self, Value) {
        let mut server = Command::new(env!("CARGO_BIN_EXE_kro"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("kro starts");
        let to = BufWriter::new(server.stdin.take().expect("piped"));
        let mut out = BufReader::new(server.stdout.take().expect("piped"));
        let (sender, from) = channel();
        std::thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut out) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut editor = Self { server, to, from, id: 0 };
        let folders = folder.map(|it| json!([{"uri": format!("file://{}", it.display()), "name": "work"}]));
        let params =
            json!({"capabilities": {}, "processId": null, "rootUri": null, "workspaceFolders": folders});
        let answer = editor.ask("initialize", params).expect("an answer");
        editor.say("initialized", json!({}));
        (editor, answer)
    }

    fn say(&mut self, method: &str, params: Value) {
        let message = Message::Notification(Notification { method: method.to_owned(), params });
        message.write(&mut self.to).expect("the server reads");
    }

    /// Asks and waits for the answer; an error is its message.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.id += 1;
        let id = RequestId::from(self.id);
        let request = Request { id: id.clone(), method: method.to_owned(), params };
        Message::Request(request).write(&mut self.to).expect("the server reads");
        loop {
            match self.from.recv_timeout(PATIENCE).expect("an answer") {
                Message::Response(response) if response.id == id => {
                    return match response.error {
                        Some(error) => Err(error.message),
                        None => Ok(response.result.unwrap_or_default()),
                    };
                }
                _ => {}
            }
        }
    }

    fn open(&mut self, text: &str) {
        self.open_as(URI, text);
    }

    fn open_as(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "yaml", "version": 1, "text": text});
        self.say("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// What is wrong with a version of the document.
    fn findings(&mut self, version: i32) -> Vec<Value> {
        self.findings_of(URI, version)
    }

    /// What is wrong with a version of a document.
    fn findings_of(&mut self, uri: &str, version: i32) -> Vec<Value> {
        loop {
            match self.from.recv_timeout(PATIENCE).expect("findings") {
                Message::Notification(it)
                    if it.method == "textDocument/publishDiagnostics"
                        && it.params["uri"] == uri
                        && it.params["version"] == version =>
                {
                    return it.params["diagnostics"].as_array().expect("a list").clone();
                }
                _ => {}
            }
        }
    }

    fn at(&mut self, method: &str, line: u32, character: u32) -> Value {
        self.ask(method, place(line, character)).expect("an answer")
    }

    /// Says goodbye; the server ends by itself.
    fn end(mut self) {
        self.ask("shutdown", Value::Null).expect("an answer");
        self.say("exit", Value::Null);
        assert!(self.server.wait().expect("an end").success());
    }
}

fn place(line: u32, character: u32) -> Value {
    json!({"textDocument": {"uri": URI}, "position": {"line": line, "character": character}})
}

/// `line:start-end text`.
fn edit(edit: &Value) -> String {
    let (start, end) = (&edit["range"]["start"], &edit["range"]["end"]);
    format!("{}:{}-{} {}", start["line"], start["character"], end["character"], edit["newText"])
}

#[test]
fn a_session() {
    let (mut editor, hello) = Editor::start(None);
    assert_eq!(hello["serverInfo"]["name"], "kro");
    assert_eq!(hello["capabilities"]["positionEncoding"], "utf-16");
    editor.open(TEXT);
    let findings = editor.findings(1);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["code"], "KRO0601");
    assert_eq!(
        findings[0]["range"],
        json!({"start": {"line": 16, "character": 18}, "end": {"line": 16, "character": 34}})
    );
    assert_eq!(findings[0]["message"], "`schema.spec` has no field `nmae`\ndid you mean \"name\"?");

    let range = json!({"start": {"line": 16, "character": 20}, "end": {"line": 16, "character": 20}});
    let context = json!({"diagnostics": []});
    let ask = json!({"textDocument": {"uri": URI}, "range": range, "context": context});
    let actions = editor.ask("textDocument/codeAction", ask).expect("actions");
    assert_eq!(actions[0]["title"], "replace \"nmae\" with \"name\"");
    let fix = &actions[0]["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(edit(fix), "16:30-34 \"name\"");

    let change = json!({"textDocument": {"uri": URI, "version": 2},
        "contentChanges": [{"range": fix["range"], "text": fix["newText"]}]});
    editor.say("textDocument/didChange", change);
    assert_eq!(editor.findings(2), Vec::<Value>::new());

    let hover = editor.at("textDocument/hover", 16, 32);
    assert_eq!(hover["contents"]["value"], "```cel\nschema.spec.name: string\n```");
    assert_eq!(
        editor.at("textDocument/definition", 22, 22)["range"]["start"],
        json!({"line": 11, "character": 10})
    );
    let mut ask = place(11, 11);
    ask["context"] = json!({"includeDeclaration": true});
    assert_eq!(editor.ask("textDocument/references", ask).expect("places").as_array().map(Vec::len), Some(2));

    assert_eq!(editor.at("textDocument/prepareRename", 11, 11)["placeholder"], "page");
    let mut ask = place(11, 11);
    ask["newName"] = json!("first");
    let renamed = editor.ask("textDocument/rename", ask.clone()).expect("edits");
    let edits = renamed["documentChanges"][0]["edits"].as_array().expect("edits").clone();
    assert_eq!(edits.iter().map(edit).collect::<Vec<_>>(), ["11:10-14 \"first\"", "22:20-24 \"first\""]);
    ask["newName"] = json!("other");
    let refused = editor.ask("textDocument/rename", ask).expect_err("it is taken");
    assert_eq!(refused, "there is already something called \"other\"");

    let symbols =
        editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}})).expect("symbols");
    assert_eq!(symbols[0]["name"], "web");
    let names: Vec<&Value> =
        symbols[0]["children"].as_array().expect("parts").iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["spec", "page", "other"]);

    let options = json!({"textDocument": {"uri": URI}, "options": {"tabSize": 2, "insertSpaces": true}});
    let formatted = editor.ask("textDocument/formatting", options).expect("an edit");
    assert!(formatted[0]["newText"].as_str().is_some_and(|text| text.contains("          name: ${page")));
    editor.end();
}

#[test]
fn completion_while_typing() {
    let (mut editor, _) = Editor::start(None);
    editor.open(&TEXT.replace("${schema.spec.nmae}", "${schema.spec."));
    let items = editor.at("textDocument/completion", 16, 30);
    let labels: Vec<&str> =
        items.as_array().expect("items").iter().filter_map(|it| it["label"].as_str()).collect();
    assert_eq!(labels.first(), Some(&"name"), "{labels:?}");
    assert_eq!(edit(&items[0]["textEdit"]), "16:30-30 \"name\"");
    editor.end();
}

#[test]
fn kinds_of_other_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let user = TEXT.replace(
        "apiVersion: v1\n        kind: ConfigMap",
        "apiVersion: kro.run/v1alpha1\n        kind: Inner",
    );
    let user = user.replace("schema.spec.nmae", "schema.spec.name");
    let (mut editor, _) = Editor::start(Some(folder.path()));
    editor.open(&user);
    assert_eq!(editor.findings(1).len(), 2, "nobody makes the kind");
    let maker = TEXT.replace("kind: Web", "kind: Inner").replace("schema.spec.nmae", "schema.spec.name");
    fs::write(folder.path().join("inner.yaml"), maker).expect("writable");
    editor.say("textDocument/didSave", json!({"textDocument": {"uri": "file:///inner.yaml"}}));
    assert_eq!(editor.findings(1), Vec::<Value>::new());
    editor.end();
}

/// A definition on disk and not open, one open and not saved, and one that uses the kinds of both and of a CRD.
#[test]
fn names_of_other_files() {
    const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bricks.test.dev}
spec:
  group: test.dev
  names: {kind: Brick, plural: bricks}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: string}}}}}}
";
    let maker = |kind: &str| TEXT.replace("kind: Web", &format!("kind: {kind}")).replace("nmae", "name");
    let user = TEXT
        .replace("nmae", "name")
        .replacen("v1\n        kind: ConfigMap", "kro.run/v1alpha1\n        kind: Saved", 1)
        .replacen(
            "apiVersion: v1\n        kind: ConfigMap",
            "apiVersion: kro.run/v1alpha1\n        kind: Unsaved",
            1,
        )
        + "        spec: {name: '${page.metadata.name}'}\n"
        + "    - {id: brick, template: {apiVersion: test.dev/v1, kind: Brick, metadata: {name: b}, spec: {size: s}}}\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| format!("file://{}", folder.path().join(name).display());
    fs::write(folder.path().join("saved.yaml"), maker("Saved")).expect("writable");
    fs::write(folder.path().join("crd.yaml"), CRD).expect("writable");
    let (mut editor, _) = Editor::start(Some(folder.path()));
    let unsaved = "file:///work/unsaved.yaml";
    editor.open_as(unsaved, &maker("Unsaved"));
    editor.open(&user);
    assert_eq!(editor.findings_of(URI, 1), Vec::<Value>::new(), "all kinds are known");

    let declared = |found: &Value| (found["uri"].clone(), found["range"]["start"].clone());
    let kind = json!({"line": 7, "character": 10});
    assert_eq!(
        declared(&editor.at("textDocument/definition", 14, 16)),
        (json!(at("saved.yaml")), kind.clone())
    );
    assert_eq!(declared(&editor.at("textDocument/definition", 20, 16)), (json!(unsaved), kind));
    let field = json!({"line": 9, "character": 6});
    assert_eq!(declared(&editor.at("textDocument/definition", 23, 16)), (json!(unsaved), field));
    let size = user.lines().last().and_then(|line| line.find("size")).expect("a field") as u32;
    let found = editor.at("textDocument/definition", 24, size);
    assert_eq!(found["uri"], at("crd.yaml"));
    assert_eq!(found["range"]["start"]["line"], 10);

    let mut ask = place(14, 16);
    ask["newName"] = json!("Kept");
    let changes = editor.ask("textDocument/rename", ask).expect("edits")["documentChanges"].clone();
    let shown: Vec<String> = changes
        .as_array()
        .expect("changes")
        .iter()
        .map(|it| {
            format!(
                "{} {} {}",
                it["textDocument"]["uri"],
                it["textDocument"]["version"],
                edit(&it["edits"][0])
            )
        })
        .collect();
    let expected =
        [format!("\"{URI}\" 1 14:14-19 \"Kept\""), format!("\"{}\" null 7:10-15 \"Kept\"", at("saved.yaml"))];
    assert_eq!(shown, expected);
    let mut ask = place(23, 16);
    ask["context"] = json!({"includeDeclaration": false});
    let uses = editor.ask("textDocument/references", ask).expect("places");
    let files: Vec<&Value> = uses.as_array().expect("places").iter().map(|it| &it["uri"]).collect();
    assert_eq!(files, [URI, unsaved], "{uses:#?}");
    editor.end();
}

#[test]
fn questions_that_make_no_sense() {
    let (mut editor, _) = Editor::start(None);
    assert_eq!(
        editor.ask("textDocument/hover", place(1, 1)).expect_err("not open"),
        format!("{URI} is not open")
    );
    editor.ask("textDocument/hover", json!({"x": 1})).expect_err("no position");
    assert_eq!(
        editor.ask("kro/unknown", json!({})).expect_err("unknown"),
        "the server does not know kro/unknown"
    );
    editor.say("textDocument/didChange", json!({"what": 1}));
    editor.open("a: [\n");
    let findings = editor.findings(1);
    assert_eq!(findings[0]["code"], "KRO0101");
    assert_eq!(editor.at("textDocument/hover", 90, 90), Value::Null);
    assert_eq!(editor.at("textDocument/completion", 90, 90), json!([]));
    editor.say("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    editor.end();
}
