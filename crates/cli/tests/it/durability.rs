//! `kro apiserver --data-dir`, killed in the middle of writes: nothing that was answered is lost.

use crate::session::Session;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const WRITERS: usize = 4;
const ROUNDS: u64 = 5;

/// The answer to a request; an error if the server went away.
fn ask(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/apply-patch+yaml\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn start(folder: &std::path::Path) -> (Session, String) {
    let server = Session::start(&["apiserver", "--data-dir", folder.to_str().expect("a path in UTF-8")]);
    let url = server.seen.iter().find_map(|line| line.strip_prefix("serving on http://")).expect("its URL");
    let address = url.to_owned();
    (server, address)
}

/// Counts up in a ConfigMap until the server is gone; tells the last number that was acknowledged.
fn count_up(address: &str, writer: usize, from: u64, acknowledged: &Mutex<u64>) {
    for number in from.. {
        let map = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"w{writer}"}},"data":{{"n":"{number}"}}}}"#
        );
        let path = format!("/api/v1/namespaces/default/configmaps/w{writer}?fieldManager=test");
        match ask(address, "PATCH", &path, &map) {
            Ok(answer) if answer.starts_with("HTTP/1.1 20") && answer.ends_with('\n') => {
                *acknowledged.lock().expect("no panic") = number;
            }
            _ => return,
        }
    }
}

fn stored(address: &str, writer: usize) -> u64 {
    let answer = ask(address, "GET", &format!("/api/v1/namespaces/default/configmaps/w{writer}"), "");
    let answer = answer.expect("the server is there");
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    let map: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    map["data"]["n"].as_str().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn what_was_answered_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let acknowledged: Vec<Arc<Mutex<u64>>> = (0..WRITERS).map(|_| Arc::default()).collect();
    for round in 0..ROUNDS {
        let (server, address) = start(folder.path());
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let last = *acknowledged[writer].lock().expect("no panic");
                let kept = stored(&address, writer);
                assert!(kept >= last, "{last} was answered to writer {writer}, {kept} is there");
                let (address, told) = (address.clone(), acknowledged[writer].clone());
                std::thread::spawn(move || count_up(&address, writer, kept + 1, &told))
            })
            .collect();
        // Nothing is ever sent: this is how long the writers have.
        let (_sender, silence) = channel::<()>();
        let _elapsed = silence.recv_timeout(Duration::from_millis(100 + 70 * round));
        drop(server); // kill -9
        for writer in writers {
            writer.join().expect("no panic");
        }
    }
    let (_server, address) = start(folder.path());
    for (writer, last) in acknowledged.iter().enumerate() {
        let last = *last.lock().expect("no panic");
        assert!(last > 0, "writer {writer} got something done");
        assert!(stored(&address, writer) >= last);
    }
}

#[test]
fn a_folder_serves_one_process() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_server, _) = start(folder.path());
    let second =
        crate::session::kro().args(["apiserver", "--data-dir"]).arg(folder.path()).output().expect("kro");
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(!second.status.success() && words.contains("another process uses it"), "{words}");
}
