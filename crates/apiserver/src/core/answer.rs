//! What a call is answered with, before any transport.

use super::{negotiate::Format, verbs::watch::Cursor};
use crate::status::Status;
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values, in order; a name may occur several times.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ReplyBody,
}

/// The body of a [`Reply`].
#[derive(Debug)]
pub enum ReplyBody {
    /// All of it.
    Full(Vec<u8>),
    /// A stream of watch events: poll the cursor.
    Watch(Box<Cursor>),
    /// Not yet: the state asked for is in the future. The caller asks again when the revision has moved, and
    /// gives up with the answer inside after three seconds.
    Wait(Box<Reply>),
}

impl Reply {
    pub(crate) fn full(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type", content_type.to_owned())], body: ReplyBody::Full(body) }
    }

    pub(crate) fn value(status: u16, format: Format, value: &Value) -> Self {
        let body = format.encode(value);
        if format == Format::Json {
            return Self::json(status, body);
        }
        Self::full(status, format.content_type(), body)
    }

    /// JSON ends its line, as Go's encoder ends each value: clients show answers as they come.
    pub(crate) fn json(status: u16, mut body: Vec<u8>) -> Self {
        body.push(b'\n');
        Self::full(status, Format::Json.content_type(), body)
    }

    pub(crate) fn text(status: u16, text: &str) -> Self {
        Self::full(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    /// The router's answer for a path that nothing serves.
    pub(crate) fn not_found_page() -> Self {
        Self::text(404, "404 page not found\n")
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Full(Vec::new()) }
    }

    pub(crate) fn status(status: &Status) -> Self {
        Self::refusal(status, Format::Json)
    }

    /// A Status in the format that was asked for.
    pub(crate) fn refusal(status: &Status, format: Format) -> Self {
        let mut reply = Self::value(status.code, format, &status.to_value());
        let seconds = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
        if seconds > 0 {
            reply.headers.push(("retry-after", seconds.to_string()));
        }
        reply
    }

    /// The same reply with `Warning` headers.
    pub(crate) fn with_warnings(mut self, warnings: &[String]) -> Self {
        for text in warnings {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
            self.headers.push(("warning", format!("299 - \"{quoted}\"")));
        }
        self
    }
}
