//! `Accept` and `Content-Type`: which form an answer takes and how a body is to be read.

use super::{request::Call, verbs::Verb};
use crate::{encode, status::Status};
use serde_json::Value;

/// The media types every endpoint of objects offers.
pub(crate) const OFFERED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const MEDIA_TYPES: [&str; 3] =
    ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const OFFERED_TO_LISTS: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// How an answer is written and what stands for the object in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub format: Format,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    Json,
    Yaml,
    Protobuf,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Object,
    /// `as=Table` in a version of `meta.k8s.io`.
    Table(String),
    /// `as=PartialObjectMetadata`.
    Partial(String),
    /// `as=PartialObjectMetadataList`.
    PartialList(String),
}

impl Format {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }

    pub(crate) fn encode(self, value: &Value) -> Vec<u8> {
        match self {
            Self::Json => encode::to_vec(value),
            Self::Yaml => encode::to_yaml(value).into_bytes(),
        }
    }
}

/// How the verb that a call leads to will most likely read its body.
pub(crate) fn likely_format(call: &Call) -> Option<BodyFormat> {
    match media_type(&call.content_type) {
        "application/apply-patch+yaml" => Some(BodyFormat::Yaml),
        patch if patch.ends_with("patch+json") => Some(BodyFormat::Json),
        _ => body_format(&call.content_type).ok(),
    }
}

/// One alternative of an `Accept` header.
#[derive(Debug)]
pub(crate) struct Clause {
    pub media_type: String,
    pub params: Vec<(String, String)>,
    quality: f32,
}

impl Clause {
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

/// The alternatives, most wanted first; equally wanted ones in the order given.
pub(crate) fn clauses(accept: &str) -> Vec<Clause> {
    let mut out: Vec<Clause> = accept
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let mut pieces = part.split(';').map(str::trim);
            let media_type = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let (mut params, mut quality) = (Vec::new(), 1.0);
            for piece in pieces {
                let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
                if key == "q" {
                    quality = value.parse().unwrap_or(0.0);
                } else {
                    params.push((key.to_owned(), value.to_owned()));
                }
            }
            Clause { media_type, params, quality }
        })
        .collect();
    out.sort_by(|a, b| b.quality.total_cmp(&a.quality));
    out
}

/// The format for answers that have only one form, such as discovery.
pub(crate) fn format(accept: &str) -> Result<Format, Status> {
    if accept.trim().is_empty() {
        return Ok(Format::Json);
    }
    clauses(accept)
        .iter()
        .find_map(|clause| match clause.media_type.as_str() {
            "application/json" | "application/*" | "*/*" => Some(Format::Json),
            "application/yaml" => Some(Format::Yaml),
            _ => None,
        })
        .ok_or_else(|| Status::not_acceptable(OFFERED))
}

/// The format of a refusal: JSON, unless YAML is asked for first.
pub(crate) fn of_refusal(accept: &str) -> Format {
    format(accept).unwrap_or(Format::Json)
}

/// The same where only one kind of document is served, which can take no other form.
pub(crate) fn plain(accept: &str) -> Result<Format, Status> {
    let is_form = |clause: &Clause| clause.media_type == "application/json" && !clause.param("as").is_empty();
    if accept.trim().is_empty() || !clauses(accept).iter().all(is_form) {
        return format(accept);
    }
    Err(Status::not_acceptable(OFFERED))
}

/// The same where the router looks at `Accept` before the endpoint does.
pub(crate) fn routed(accept: &str) -> Result<Format, Status> {
    if is_offered(accept, &MEDIA_TYPES) { plain(accept) } else { Err(Status::not_acceptable_route(OFFERED)) }
}

/// Whether a client takes one of some media types, as the router sees it.
pub(crate) fn is_offered(accept: &str, offered: &[&str]) -> bool {
    let takes = |clause: &Clause| clause.media_type == "*/*" || offered.contains(&clause.media_type.as_str());
    accept.trim().is_empty() || clauses(accept).iter().any(takes)
}

/// The form of an answer with objects. Routes of builtin kinds refuse earlier and otherwise than those of
/// custom resources.
pub(crate) fn output(accept: &str, is_builtin: bool, verb: Verb) -> Result<Output, Status> {
    if accept.trim().is_empty() {
        return Ok(Output { format: Format::Json, form: Form::Object });
    }
    let is_watch = verb == Verb::Watch;
    // One route serves both.
    let is_list = is_watch || verb == Verb::List;
    let clauses = clauses(accept);
    if is_builtin && !is_offered(accept, &MEDIA_TYPES) {
        return Err(Status::not_acceptable_route(if is_list { OFFERED_TO_LISTS } else { OFFERED }));
    }
    for clause in &clauses {
        let format = match clause.media_type.as_str() {
            "application/json" | "application/*" | "*/*" => Format::Json,
            "application/yaml" if !is_watch => Format::Yaml,
            _ => continue,
        };
        let version = clause.param("v").to_owned();
        let is_meta = clause.param("g") == "meta.k8s.io" && matches!(version.as_str(), "v1" | "v1beta1");
        let form = match clause.param("as") {
            "" => Form::Object,
            "Table" if is_meta => Form::Table(version),
            "PartialObjectMetadata" if is_meta => Form::Partial(version),
            "PartialObjectMetadataList" if is_meta && !is_watch => Form::PartialList(version),
            _ => continue,
        };
        return Ok(Output { format, form });
    }
    Err(Status::not_acceptable(OFFERED))
}

/// How a body is written.
pub(crate) fn body_format(content_type: &str) -> Result<BodyFormat, Status> {
    match media_type(content_type) {
        "" | "application/json" => Ok(BodyFormat::Json),
        "application/yaml" => Ok(BodyFormat::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(BodyFormat::Protobuf),
        _ => Err(Status::unsupported_media_type(OFFERED)),
    }
}

/// A content type without its parameters.
pub(crate) fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_headers() {
        for (accept, want) in [
            ("", Some(Form::Object)),
            ("*/*", Some(Form::Object)),
            ("text/html,application/json;q=0.9", Some(Form::Object)),
            ("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Some(Form::Table("v1".into()))),
            ("application/json;as=Nope;v=v1;g=meta.k8s.io", None),
            ("application/*", None),
            ("text/plain", None),
        ] {
            assert_eq!(output(accept, true, Verb::Get).ok().map(|output| output.form), want, "{accept}");
        }
    }
}
