//! The server behind sockets: TLS and certificates, both versions of HTTP, packed answers, and clients that behave badly.

use kro_apiserver::{
    ApiServer, Authorization,
    core::Identity,
    serve::{Authority, Limits, Listening, Transport},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time,
};

const PATIENCE: Duration = Duration::from_secs(20);

async fn listen(limits: Limits) -> Listening {
    let transport = Transport { limits, ..Transport::default() };
    ApiServer::builder().build().listen_with("127.0.0.1:0", transport).await.expect("a free port")
}

/// Everything that a server says to some bytes until it closes the connection.
async fn converse(server: &Listening, said: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    // It may close before all is said.
    let _closed = stream.write_all(said).await.is_err();
    let mut heard = Vec::new();
    let reading = time::timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
    let _reset = reading.expect("it closes the connection").is_err();
    heard
}

fn post(path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n{headers}\r\n{body}"
    )
}

fn body(heard: &[u8]) -> Value {
    let text = String::from_utf8_lossy(heard);
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test]
async fn certificates_tell_who_asks() {
    let authority = Authority::generate(["127.0.0.1"]).expect("an authority");
    let stranger = Authority::generate(["127.0.0.1"]).expect("another authority");
    let server = ApiServer::builder().authorization(Authorization::Rbac).token(authority.token()).build();
    let transport = Transport { authority: Some(authority.clone()), ..Transport::default() };
    let listening = server.listen_with("127.0.0.1:0", transport).await.expect("a free port");
    let jane = || Identity { user: "jane".into(), groups: vec!["staff".into()] };
    let known = authority.issue(jane()).expect("a certificate");
    let forged = stranger.issue(jane()).expect("a certificate");

    let ask = |trusted: &Authority,
               certificate: Option<&kro_apiserver::serve::ClientCertificate>,
               token: Option<&str>| {
        let mut user = json!({});
        if let Some(certificate) = certificate {
            user["client-certificate-data"] = packed(&certificate.certificate);
            user["client-key-data"] = packed(&certificate.key);
        }
        if let Some(token) = token {
            user["token"] = token.into();
        }
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {
                "server": listening.url(), "certificate-authority-data": packed(trusted.pem()),
            }}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        });
        async move {
            let config = serde_json::from_value(config).expect("a kubeconfig");
            let options = kube_client::config::KubeConfigOptions::default();
            let config = kube_client::Config::from_custom_kubeconfig(config, &options).await;
            let client = kube_client::Client::try_from(config.expect("a configuration")).expect("a client");
            let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
            let request = http::Request::post("/apis/authentication.k8s.io/v1/selfsubjectreviews")
                .header("content-type", "application/json")
                .body(review.to_string().into_bytes())
                .expect("a request");
            client.request::<Value>(request).await.map(|review| review["status"]["userInfo"].clone())
        }
    };
    let user = ask(&authority, Some(&known), None).await.expect("known");
    assert_eq!(user, json!({"username": "jane", "groups": ["staff", "system:authenticated"]}));
    let user = ask(&authority, None, Some(authority.token())).await.expect("the token is right");
    assert_eq!(user["username"], "kubernetes-admin");
    assert!(ask(&authority, None, Some("guess")).await.is_err(), "a wrong token is refused");
    assert!(ask(&authority, Some(&forged), None).await.is_err(), "a certificate of somebody else is refused");
    assert!(
        ask(&stranger, Some(&known), None).await.is_err(),
        "the server's certificate is of its own authority"
    );
}

fn packed(pem: &str) -> Value {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(pem).into()
}

#[tokio::test]
async fn http_2_is_spoken_in_the_clear() {
    let server = listen(Limits::default()).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.expect("it reads");
    let mut frame = [0; 9];
    time::timeout(PATIENCE, stream.read_exact(&mut frame)).await.expect("in time").expect("a frame");
    assert_eq!(frame[3], 4, "the first frame of a server is SETTINGS");
}

#[tokio::test]
async fn long_answers_are_packed_for_those_who_ask() {
    let server = ApiServer::builder().build();
    let listening = server.listen("127.0.0.1:0").await.expect("a free port");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "long"}, "data": {"a": "x".repeat(200_000)}});
    server.load([kro_object::Object::from_value(map).expect("an object")]).expect("stored");
    let get = |headers: &str| {
        format!(
            "GET /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"
        )
    };
    let packed = converse(&listening, get("Accept-Encoding: gzip\r\n").as_bytes()).await;
    let plain = converse(&listening, get("").as_bytes()).await;
    let head = String::from_utf8_lossy(&packed).to_lowercase();
    assert!(head.contains("content-encoding: gzip") && packed.len() < 10_000, "{} bytes", packed.len());
    assert!(plain.len() > 200_000);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let server = listen(Limits::default()).await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let told = converse(&server, post(maps, "Content-Length: 1073741824\r\n", "{").as_bytes()).await;
    assert_eq!(body(&told)["reason"], "RequestEntityTooLarge");
    let deep = "[".repeat(1_000_000);
    let told = converse(&server, post(maps, "Content-Length: 1000000\r\n", &deep).as_bytes()).await;
    assert_eq!(body(&told)["code"], 400, "too deep");
    // In pieces, without an end.
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let head = post(maps, "Transfer-Encoding: chunked\r\n", "");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    let mut sent = 0_usize;
    while sent < 1 << 30 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 64 << 20, "it stopped reading after {sent} bytes");
}

#[tokio::test]
async fn those_who_say_nothing_are_cut_off() {
    let server = listen(Limits { patience: Duration::from_millis(300), ..Limits::default() }).await;
    for said in ["", "PRI * HT", "GET /api HTTP/1.1\r\nHost: x\r\n"] {
        let told = converse(&server, said.as_bytes()).await;
        assert!(!String::from_utf8_lossy(&told).contains("200 OK"), "{said:?}");
    }
}

#[tokio::test]
async fn a_slow_reader_costs_little_and_is_cut_off() {
    let patience = Duration::from_millis(500);
    let transport = Transport { limits: Limits { patience, ..Limits::default() }, ..Transport::default() };
    let server = ApiServer::builder().build();
    let listening = server.listen_with("127.0.0.1:0", transport).await.expect("a free port");
    let mut slow = TcpStream::connect(listening.address()).await.expect("it listens");
    let watch = "GET /api/v1/configmaps?watch=true HTTP/1.1\r\nHost: x\r\n\r\n";
    slow.write_all(watch.as_bytes()).await.expect("it reads");
    let mut first = [0; 8];
    slow.read_exact(&mut first).await.expect("the watch has begun");
    let mut told = 0;
    // Each event is packed in the history, but long on the wire.
    for round in 0..100 {
        let name = format!("m{round}");
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"a": "x".repeat(900_000)}});
        told += map.to_string().len();
        server.load([kro_object::Object::from_value(map).expect("an object")]).expect("stored");
        tokio::task::yield_now().await;
    }
    // What was under way still comes, then it is over: no more was made than the sockets hold.
    time::sleep(4 * patience).await;
    let mut heard = Vec::new();
    let _reset = time::timeout(PATIENCE, slow.read_to_end(&mut heard)).await.expect("it is closed").is_err();
    assert!(heard.len() < told / 3, "{} bytes", heard.len());
}

#[tokio::test]
async fn overload_is_said() {
    let server = listen(Limits { writes: 1, ..Limits::default() }).await;
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = r#"{"metadata":{"name":"a"}}"#;
    let length = format!("Content-Length: {}\r\n", map.len());
    let mut slow = TcpStream::connect(server.address()).await.expect("it listens");
    slow.write_all(post(maps, &length, &map[..5]).as_bytes()).await.expect("it reads");
    // The first request is under way once the server has seen its head.
    let told = time::timeout(PATIENCE, async {
        loop {
            let other = r#"{"metadata":{"generateName":"b"}}"#;
            let told = converse(
                &server,
                post(maps, &format!("Content-Length: {}\r\n", other.len()), other).as_bytes(),
            )
            .await;
            if String::from_utf8_lossy(&told).starts_with("HTTP/1.1 429") {
                return told;
            }
        }
    });
    let told = told.await.expect("in time");
    assert_eq!(body(&told)["reason"], "TooManyRequests");
    assert!(String::from_utf8_lossy(&told).to_lowercase().contains("retry-after: 1\r\n"));
    slow.write_all(&map.as_bytes()[5..]).await.expect("it reads");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).await.expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
}
