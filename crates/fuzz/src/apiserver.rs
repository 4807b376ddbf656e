//! Requests to the embedded API server: paths, queries, bodies, patches, applies, definitions with schemas and rules.

use kro_apiserver::{
    ApiServer, Options,
    core::{Call, Reply, ReplyBody},
};
use kro_object::Object;
use serde_json::Value;

use crate::text_of;

/// Every request of a series is answered, refusals with a Status, and the server goes on afterwards. A request is one
/// line of method, path with query, content type and accepted type, then its body; `---` in a line of its own ends it.
pub(crate) fn requests(data: &[u8]) {
    let text = text_of(data);
    let server = ApiServer::new(Options::default());
    for request in text.split("\n---\n") {
        let (head, body) = request.split_once('\n').unwrap_or((request, ""));
        let Some(parts) = parts(head) else { continue };
        check(head, &server.handle(&Call::new(&parts, body.to_owned().into())));
    }
    let health = Call { path: "/api/v1/namespaces".to_owned(), ..Call::default() };
    assert_eq!(server.handle(&health).status, 200, "the server does not go on");
    assert!(
        server.dump().iter().all(|object: &Object| !object.key().name.is_empty()),
        "something has no name"
    );
}

/// The head of a request, if HTTP can carry it.
fn parts(head: &str) -> Option<http::request::Parts> {
    let mut words = head.split(' ');
    let mut word = || words.next().unwrap_or_default();
    let request = http::Request::builder().method(word()).uri(word());
    let request = request.header("content-type", word()).header("accept", word());
    Some(request.body(()).ok()?.into_parts().0)
}

fn check(head: &str, reply: &Reply) {
    assert!((200..600).contains(&reply.status), "{head}: {}", reply.status);
    let ReplyBody::Full(body) = &reply.body else { return };
    let is_json =
        reply.headers.iter().any(|(name, value)| *name == "content-type" && value == "application/json");
    if !is_json {
        return;
    }
    let body: Value = serde_json::from_slice(body).expect("an answer in JSON is JSON");
    if reply.status >= 400 {
        assert_eq!(body["kind"], "Status", "{head}: {body}");
        assert_eq!(body["code"], reply.status, "{head}: {body}");
        assert!(reply.status != 500 || body["message"] != "", "{head}: {body}");
    }
}
