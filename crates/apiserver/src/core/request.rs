//! From an HTTP request to what it asks for: the parts of its path and its query; `verbs.rs` adds the verb.
//! Refuses to know which resources exist.

use crate::status::Status;
use bytes::Bytes;
use http::Method;
use std::sync::Arc;

/// Somebody whom the transport has recognized.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name of the user.
    pub user: String,
    /// The groups, without those that come of being known.
    pub groups: Vec<String>,
}

impl Identity {
    /// Who may do everything.
    pub fn admin() -> Self {
        Self { user: "kubernetes-admin".into(), groups: vec!["system:masters".into()] }
    }
}

/// A request, free of any transport.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// The HTTP method.
    pub method: Method,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query parameters in order, decoded.
    pub query: Vec<(String, String)>,
    /// `Accept`.
    pub accept: String,
    /// `Content-Type`.
    pub content_type: String,
    /// `User-Agent`.
    pub user_agent: String,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Whoever showed a certificate; an `Authorization` is not looked at then.
    pub identity: Option<Arc<Identity>>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
    /// `Host`, as the client reached us.
    pub host: String,
    /// Headers beginning with `Impersonate-`, in order.
    pub impersonation: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// A call from the parts of an HTTP request.
    pub fn new(parts: &http::request::Parts, body: Bytes) -> Self {
        let header = |name: &str| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        };
        let optional = |name: &str| parts.headers.contains_key(name).then(|| header(name));
        let accept: Vec<&str> =
            parts.headers.get_all("accept").iter().filter_map(|value| value.to_str().ok()).collect();
        Self {
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            query: parse_query(parts.uri.query().unwrap_or_default()),
            accept: accept.join(","),
            content_type: header("content-type"),
            user_agent: header("user-agent"),
            authorization: optional("authorization"),
            identity: parts.extensions.get::<Arc<Identity>>().cloned(),
            if_none_match: optional("if-none-match"),
            host: if parts.headers.contains_key("host") {
                header("host")
            } else {
                parts.uri.authority().map(ToString::to_string).unwrap_or_default()
            },
            impersonation: parts
                .headers
                .iter()
                .filter(|(name, _)| name.as_str().starts_with("impersonate-"))
                .map(|(name, value)| {
                    (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
                })
                .collect(),
            body,
        }
    }

    /// The first value of a query parameter, empty if there is none.
    pub fn param(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether a boolean parameter is set, as Go's conversion reads it: anything but `false` and `0`.
    pub fn flag(&self, name: &str) -> bool {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .is_some_and(|(_, value)| !matches!(value.to_ascii_lowercase().as_str(), "false" | "0"))
    }
}

/// What a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Anything that is no resource: discovery, health, OpenAPI.
    Other(Vec<String>),
    /// A resource.
    Resource(Info),
}

/// The parts of a resource path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// API group, empty for the core group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Namespace, when the path has one.
    pub namespace: Option<String>,
    /// Plural resource name.
    pub plural: String,
    /// Object name, when the path has one.
    pub name: Option<String>,
    /// Subresource, when the path has one.
    pub subresource: Option<String>,
    /// Whether the path has more segments than any resource has.
    pub overlong: bool,
}

/// Splits a path as `RequestInfoFactory` does.
pub(crate) fn target(path: &str) -> Result<Target, Status> {
    let mut segments = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        segments.push(
            percent_decode(segment, false)
                .ok_or_else(|| Status::bad_request(format!("invalid URL escape in {path:?}")))?,
        );
    }
    let (group, rest) = match segments.first().map(String::as_str) {
        Some("api") if segments.len() > 2 => (String::new(), &segments[1..]),
        Some("apis") if segments.len() > 3 => (segments[1].clone(), &segments[2..]),
        _ => return Ok(Target::Other(segments)),
    };
    let mut info = Info { group, version: rest[0].clone(), ..Info::default() };
    let mut rest = &rest[1..];
    if rest[0] == "namespaces" && rest.len() > 1 {
        info.namespace = Some(rest[1].clone());
        if rest.len() > 2 && !matches!(rest[2].as_str(), "status" | "finalize") {
            rest = &rest[2..];
        } else {
            info.namespace = None;
        }
    }
    info.plural.clone_from(&rest[0]);
    info.name = rest.get(1).cloned();
    info.subresource = rest.get(2).cloned();
    info.overlong = rest.len() > 3;
    Ok(Target::Resource(info))
}

/// The decoded parameters of a query string, empty pieces left out (kube's clients send `?&`).
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|piece| !piece.is_empty())
        .filter_map(|piece| {
            let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
            Some((percent_decode(key, true)?, percent_decode(value, true)?))
        })
        .collect()
}

/// `None` if an escape is broken or the result is not UTF-8.
fn percent_decode(text: &str, plus_is_space: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, want: [&str; 6]) {
        let Ok(Target::Resource(info)) = target(path) else { panic!("{path} is a resource") };
        let got = [
            info.group.as_str(),
            &info.version,
            info.namespace.as_deref().unwrap_or("-"),
            &info.plural,
            info.name.as_deref().unwrap_or("-"),
            info.subresource.as_deref().unwrap_or("-"),
        ];
        assert_eq!(got, want, "{path}");
    }

    #[test]
    fn resource_paths() {
        check("/api/v1/pods", ["", "v1", "-", "pods", "-", "-"]);
        check("/api/v1/namespaces", ["", "v1", "-", "namespaces", "-", "-"]);
        check("/api/v1/namespaces/a", ["", "v1", "-", "namespaces", "a", "-"]);
        check("/api/v1/namespaces/a/status", ["", "v1", "-", "namespaces", "a", "status"]);
        check(
            "/apis/apps/v1/namespaces/a/deployments/b/scale",
            ["apps", "v1", "a", "deployments", "b", "scale"],
        );
        check(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/a%3Ab",
            ["rbac.authorization.k8s.io", "v1", "-", "clusterroles", "a:b", "-"],
        );
    }

    #[test]
    fn other_paths() {
        for path in
            ["/", "/api", "/api/v1", "/apis/apps", "/apis/apps/v1/", "/version", "/openapi/v3/apis/apps/v1"]
        {
            assert!(matches!(target(path), Ok(Target::Other(_))), "{path}");
        }
        assert!(target("/api/v1/namespaces/%zz").is_err());
    }

    #[test]
    fn queries_may_begin_with_an_ampersand() {
        assert_eq!(parse_query("&a=b%20c&d"), [("a".into(), "b c".into()), ("d".into(), String::new())]);
    }
}
