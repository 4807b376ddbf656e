//! `--context`: the kinds of a live cluster: of the embedded API server, and of a real one where `KUBEBUILDER_ASSETS`
//! names it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use snapbox::cmd::OutputAssert;

use crate::folder::{CRD, MAP, SITE, definition, folder, kro};
use crate::real::Real;
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

/// What `kro validate --context` says with and without the CRD of a kind in the cluster.
fn check(config: &Path, context: &str, create_crd: impl FnOnce()) {
    let folder = folder(&[
        ("site.yaml", &definition("App", SITE)),
        ("map.yaml", &definition("Other", MAP)),
        ("wrong.yaml", &definition("Wrong", &SITE.replace("${schema.spec.size}", "${schema.metadata.name}"))),
    ]);
    let validate = |file: &str| validate(folder.path(), config, context, file);
    let text = |found: &OutputAssert| String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    validate("map.yaml").success().stdout_eq("1 definition valid, 0 warnings\n");
    let missing = text(&validate("site.yaml").code(1));
    assert!(missing.contains("error[KRO0404]: no kind Site in test.dev/v1"), "{missing}");

    create_crd();
    // Until a new kind is served takes a server a moment.
    (0..500).find(|_| validate("site.yaml").get_output().status.success()).expect("the kind is served");
    validate("site.yaml").success().stdout_eq("1 definition valid, 0 warnings\n");
    let wrong = text(&validate("wrong.yaml").code(1));
    assert!(
        wrong.contains("error[KRO0602]: expected int for `spec.size` of test.dev/v1 Site, found string"),
        "{wrong}"
    );
}

fn validate(folder: &Path, config: &Path, context: &str, file: &str) -> OutputAssert {
    kro(folder, &["validate", file, "--context", context]).env("KUBECONFIG", config).assert()
}

#[test]
fn definitions_are_checked_against_a_cluster() {
    let server = Session::start(&["apiserver"]);
    let url =
        server.seen.iter().find_map(|line| line.strip_prefix("serving on ")).expect("its URL").to_owned();
    let folder = folder(&[("map.yaml", &definition("Other", MAP))]);
    let config = folder.path().join("config");
    std::fs::copy(server.kubeconfig(), &config).expect("a kubeconfig");
    check(&config, "kro", || {
        let answer = create(&url, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    });

    drop(server);
    let gone = validate(folder.path(), &config, "kro", "map.yaml").code(1);
    let words = String::from_utf8_lossy(&gone.get_output().stderr).into_owned();
    assert!(words.starts_with("error: cannot ask the cluster of context \"kro\" for its kinds\n"), "{words}");
}

/// The same on a real API server, where there is one.
#[test]
fn definitions_are_checked_against_a_real_cluster() {
    let Some(real) = Real::start() else { return };
    let folder = folder(&[("crd.yaml", CRD)]);
    let text = std::fs::read_to_string(&real.kubeconfig).expect("a kubeconfig");
    let context =
        text.lines().find_map(|line| line.strip_prefix("current-context:")).expect("a context").trim();
    check(&real.kubeconfig, context, || {
        let create = Command::new("kubectl")
            .arg("--kubeconfig")
            .arg(&real.kubeconfig)
            .args(["create", "--validate=false", "-f"])
            .arg(folder.path().join("crd.yaml"))
            .output()
            .expect("kubectl");
        assert!(create.status.success(), "{}", String::from_utf8_lossy(&create.stderr));
    });
}
