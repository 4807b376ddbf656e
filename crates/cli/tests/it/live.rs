//! `--context`: the kinds of a live cluster, here of the embedded API server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::folder::{CRD, MAP, SITE, definition, folder, kro};
use crate::session::Session;

/// Creates an object; the answer of the server.
fn create(url: &str, path: &str, yaml: &str) -> String {
    let address = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let length = yaml.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/yaml\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n{yaml}"
    )
    .expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    answer
}

#[test]
fn definitions_are_checked_against_a_cluster() {
    let server = Session::start(&["apiserver"]);
    let url =
        server.seen.iter().find_map(|line| line.strip_prefix("serving on ")).expect("its URL").to_owned();
    let folder = folder(&[
        ("site.yaml", &definition("App", SITE)),
        ("map.yaml", &definition("Other", MAP)),
        ("wrong.yaml", &definition("Wrong", &SITE.replace("${schema.spec.size}", "${schema.metadata.name}"))),
    ]);
    let config = folder.path().join("config");
    std::fs::copy(server.kubeconfig(), &config).expect("a kubeconfig");
    let validate = |file: &str| {
        kro(folder.path(), &["validate", file, "--context", "kro"]).env("KUBECONFIG", &config).assert()
    };
    validate("map.yaml").success().stdout_eq("1 definition valid, 0 warnings\n");
    let text =
        |found: &snapbox::cmd::OutputAssert| String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    let missing = text(&validate("site.yaml").code(1));
    assert!(missing.contains("error[KRO0404]: no kind Site in test.dev/v1"), "{missing}");

    let answer = create(&url, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    validate("site.yaml").success().stdout_eq("1 definition valid, 0 warnings\n");
    let wrong = text(&validate("wrong.yaml").code(1));
    assert!(
        wrong.contains("error[KRO0602]: expected int for `spec.size` of test.dev/v1 Site, found string"),
        "{wrong}"
    );

    drop(server);
    let gone = validate("map.yaml").code(1);
    let words = String::from_utf8_lossy(&gone.get_output().stderr).into_owned();
    assert!(words.starts_with("error: cannot ask the cluster of context \"kro\" for its kinds\n"), "{words}");
}
