//! Every refusal of the server as a `metav1.Status`, with the texts and codes of kube-apiserver.
//! Refuses to know which operation failed: callers pick the constructor.

use crate::field_error::FieldError;
use serde_json::{Map, Value, json};

/// An error answer: what kube-apiserver calls a `Status` with `status: Failure`.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Status {
    /// The HTTP status code, repeated in the body.
    pub code: u16,
    /// The machine-readable reason, such as `NotFound`; empty where kube-apiserver gives none.
    pub reason: &'static str,
    /// The text for people.
    pub message: String,
    /// The object and the causes, where the server tells them.
    pub details: Option<Box<Details>>,
}

/// What a [`Status`] says about the object concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Name of the object.
    pub name: String,
    /// Its API group.
    pub group: String,
    /// Its plural resource name, or its kind in validation errors.
    pub kind: String,
    /// Its uid.
    pub uid: String,
    /// Single problems, in the order found.
    pub causes: Vec<Cause>,
    /// Seconds after which the client may try again; 0 for none.
    pub retry_after_seconds: u32,
}

/// One problem in a [`Status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable reason, such as `FieldValueInvalid`.
    pub reason: &'static str,
    /// The text for people.
    pub message: String,
    /// The field, in the notation of the API server; empty for none.
    pub field: String,
}

/// A resource as error messages spell it: `deployments.apps`.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// API group, empty for the core group.
    pub group: &'a str,
    /// Plural resource name.
    pub plural: &'a str,
}

impl std::fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.plural)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

impl Status {
    fn plain(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    fn about(
        code: u16,
        reason: &'static str,
        resource: Named<'_>,
        name: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            details: Some(Box::new(Details {
                name: name.into(),
                group: resource.group.into(),
                kind: resource.plural.into(),
                ..Details::default()
            })),
            ..Self::plain(code, reason, message)
        }
    }

    /// 400: the request itself is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// 403 about an object or, with an empty name, a collection.
    pub fn forbidden(resource: Named<'_>, name: &str, why: &str) -> Self {
        let message = match (resource.plural.is_empty(), name.is_empty()) {
            (true, _) => format!("forbidden: {why}"),
            (false, true) => format!("{resource} is forbidden: {why}"),
            (false, false) => format!("{resource} {name:?} is forbidden: {why}"),
        };
        Self::about(403, "Forbidden", resource, name, message)
    }

    /// 404 of an object.
    pub fn not_found(resource: Named<'_>, name: &str) -> Self {
        Self::about(404, "NotFound", resource, name, format!("{resource} {name:?} not found"))
    }

    /// 404 of a version or resource that is not served.
    pub fn no_such_resource() -> Self {
        Self {
            details: Some(Box::default()),
            ..Self::plain(404, "NotFound", "the server could not find the requested resource")
        }
    }

    /// 405 as the router says it.
    pub fn method_not_allowed() -> Self {
        Self {
            details: Some(Box::default()),
            ..Self::plain(
                405,
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource",
            )
        }
    }

    /// 405 as the endpoints of custom resources say it.
    pub fn verb_not_supported(resource: Named<'_>, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind \"{resource}\"");
        Self::about(405, "MethodNotAllowed", resource, "", message)
    }

    /// 406 as the router says it, before an endpoint is asked.
    pub fn not_acceptable_route(offered: &str) -> Self {
        Self {
            details: Some(Box::default()),
            ..Self::plain(
                406,
                "NotAcceptable",
                format!("406: Not Acceptable\n\nAvailable representations: {offered}"),
            )
        }
    }

    /// 406 as an endpoint says it.
    pub fn not_acceptable(offered: &str) -> Self {
        Self::plain(406, "NotAcceptable", format!("only the following media types are accepted: {offered}"))
    }

    /// 409: created twice.
    pub fn already_exists(resource: Named<'_>, name: &str) -> Self {
        Self::about(409, "AlreadyExists", resource, name, format!("{resource} {name:?} already exists"))
    }

    /// 409: the object is not what the client thought.
    pub fn conflict(resource: Named<'_>, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::about(409, "Conflict", resource, name, message)
    }

    /// 410: the history asked for is gone.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::plain(410, "Expired", message)
    }

    /// 413.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::plain(413, "RequestEntityTooLarge", message)
    }

    /// 415 as the router says it.
    pub fn unsupported_media_type_route() -> Self {
        Self {
            details: Some(Box::default()),
            ..Self::plain(415, "UnsupportedMediaType", "415: Unsupported Media Type")
        }
    }

    /// 415 as an endpoint says it.
    pub fn unsupported_media_type(accepted: &str) -> Self {
        Self::plain(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: {accepted}"
            ),
        )
    }

    /// 422 with one cause per field error.
    pub fn invalid(group: &str, kind: &str, name: &str, errors: &[FieldError]) -> Self {
        let mut texts = Vec::with_capacity(errors.len());
        for error in errors {
            let text = error.to_string();
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let list = match texts.as_slice() {
            [] => "[]".to_owned(),
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let kind_name = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        Self {
            code: 422,
            reason: "Invalid",
            message: format!("{kind_name} {name:?} is invalid: {list}"),
            details: Some(Box::new(Details {
                name: name.into(),
                group: group.into(),
                kind: kind.into(),
                causes: errors.iter().map(FieldError::cause).collect(),
                ..Details::default()
            })),
        }
    }

    /// 422 without causes, as generic request errors come.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::plain(422, "Invalid", message)
    }

    /// 429: try again after some seconds.
    pub fn too_many_requests(message: impl Into<String>, seconds: u32) -> Self {
        Self {
            details: Some(Box::new(Details { retry_after_seconds: seconds, ..Details::default() })),
            ..Self::plain(429, "TooManyRequests", message)
        }
    }

    /// 503: not now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::plain(503, "ServiceUnavailable", message)
    }

    /// 500 with a reason, as wrapped internal errors come.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        let message = message.to_string();
        Self {
            details: Some(Box::new(Details {
                causes: vec![Cause { reason: "", message: message.clone(), field: String::new() }],
                ..Details::default()
            })),
            ..Self::plain(500, "InternalError", format!("Internal error occurred: {message}"))
        }
    }

    /// 500 without a reason, as unexpected errors come.
    pub fn unexpected(message: impl Into<String>) -> Self {
        Self::plain(500, "", message)
    }

    /// 504: it took too long.
    pub fn timeout(message: impl Into<String>) -> Self {
        Self::plain(504, "Timeout", message)
    }

    /// 504: the server has not reached the version asked for.
    pub fn too_large_resource_version(asked: u64, current: u64) -> Self {
        Self {
            details: Some(Box::new(Details {
                causes: vec![Cause {
                    reason: "ResourceVersionTooLarge",
                    message: "Too large resource version".into(),
                    field: String::new(),
                }],
                retry_after_seconds: 1,
                ..Details::default()
            })),
            ..Self::plain(
                504,
                "Timeout",
                format!("Timeout: Too large resource version: {asked}, current: {current}"),
            )
        }
    }

    /// The same error with further causes.
    #[must_use]
    pub fn with_causes(mut self, causes: Vec<Cause>) -> Self {
        self.details.get_or_insert_default().causes.extend(causes);
        self
    }

    /// The body of the answer.
    pub fn to_value(&self) -> Value {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "code": self.code,
        });
        if !self.reason.is_empty() {
            body["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            body["details"] = details.to_value();
        }
        body
    }
}

impl Details {
    /// The `details` member of a Status.
    pub fn to_value(&self) -> Value {
        let mut out = Map::new();
        for (key, value) in
            [("name", &self.name), ("group", &self.group), ("kind", &self.kind), ("uid", &self.uid)]
        {
            if !value.is_empty() {
                out.insert(key.into(), value.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            out.insert("causes".into(), self.causes.iter().map(Cause::to_value).collect());
        }
        if self.retry_after_seconds > 0 {
            out.insert("retryAfterSeconds".into(), self.retry_after_seconds.into());
        }
        Value::Object(out)
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let mut out = Map::new();
        for (key, value) in
            [("reason", self.reason), ("message", self.message.as_str()), ("field", self.field.as_str())]
        {
            if !value.is_empty() {
                out.insert(key.into(), value.into());
            }
        }
        Value::Object(out)
    }
}
