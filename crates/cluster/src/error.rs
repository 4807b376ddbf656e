//! What can go wrong between us and a cluster. The server's `Status` is kept whole; nothing is retried here.

use kro_object::Gvk;
use kube_client::core::Status;
use std::time::Duration;

/// A failed request, with what a caller needs to decide: missing, conflict, retryable, how long to wait.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Discovery knows no such kind; the CRD may come later.
    #[error("kind {} is not served by {}", .0.kind, api_version(.0))]
    UnknownKind(Gvk),
    /// The API server answered with an error.
    #[error("{}", message(.0))]
    Api(Box<Status>),
    /// No answer within [`crate::Options::request_timeout`].
    #[error("no answer from the API server within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The request did not reach the server, or its answer did not reach us.
    #[error("API server unreachable: {}", root_cause(.0))]
    Transport(#[source] Box<kube_client::Error>),
    /// The server answered with something that is not what the protocol promises.
    #[error("unexpected answer from the API server: {0}")]
    Protocol(String),
}

impl Error {
    /// The server's answer, when there was one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Api(status) => Some(status),
            _ => None,
        }
    }

    /// The object (or the whole resource) does not exist.
    pub fn is_not_found(&self) -> bool {
        self.code() == Some(404)
    }

    /// A precondition, a resource version or a field manager stood in the way.
    pub fn is_conflict(&self) -> bool {
        self.code() == Some(409)
    }

    /// We may not.
    pub fn is_forbidden(&self) -> bool {
        self.code() == Some(403)
    }

    /// A create met an object of that name.
    pub fn is_already_exists(&self) -> bool {
        self.status().is_some_and(Status::is_already_exists)
    }

    /// The same request may succeed later without anybody changing anything but load or connectivity.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Transport(_) => true,
            Self::Api(status) => matches!(status.code, 429 | 500 | 502 | 503 | 504),
            Self::UnknownKind(_) | Self::Protocol(_) => false,
        }
    }

    /// The server may have done what was asked all the same: it refused nothing, or failed on the way.
    pub fn is_uncertain(&self) -> bool {
        !matches!(self, Self::UnknownKind(_)) && self.code().is_none_or(|code| code >= 500)
    }

    /// How long the server asked us to wait (`details.retryAfterSeconds`, sent with 429 and 503).
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.status()?.details.as_ref()?.retry_after_seconds;
        (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
    }

    fn code(&self) -> Option<u16> {
        self.status().map(|status| status.code)
    }
}

impl From<kube_client::Error> for Error {
    fn from(error: kube_client::Error) -> Self {
        match error {
            kube_client::Error::Api(status) => Self::Api(status),
            kube_client::Error::SerdeError(error) => Self::Protocol(error.to_string()),
            other => Self::Transport(Box::new(other)),
        }
    }
}

fn api_version(gvk: &Gvk) -> String {
    if gvk.group.is_empty() { gvk.version.to_string() } else { format!("{}/{}", gvk.group, gvk.version) }
}

fn message(status: &Status) -> String {
    match (status.message.as_str(), status.reason.as_str()) {
        ("", "") => format!("the API server answered with code {}", status.code),
        ("", reason) => reason.to_owned(),
        (message, _) => message.to_owned(),
    }
}

/// The innermost message: hyper and tower wrap the interesting one three times.
fn root_cause(error: &kube_client::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
