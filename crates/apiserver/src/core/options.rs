//! The options of requests, from the query and from bodies of deletions, decoded and checked as kube-apiserver does.

use super::{
    request::Call,
    selector::{self, Selectors},
};
use crate::{field_error::FieldError, status::Status};
use serde_json::{Map, Value};

/// What to do about unknown and duplicate fields of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum FieldValidation {
    Ignore,
    #[default]
    Warn,
    Strict,
}

/// The options of a create, update or patch.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteOptions {
    pub dry_run: bool,
    pub field_manager: String,
    pub field_validation: FieldValidation,
    pub force: bool,
}

/// Options kinds as error messages name them.
pub(crate) const CREATE: &str = "CreateOptions";
pub(crate) const UPDATE: &str = "UpdateOptions";
pub(crate) const PATCH: &str = "PatchOptions";
pub(crate) const DELETE: &str = "DeleteOptions";
const LIST: &str = "ListOptions";

impl WriteOptions {
    /// From the query. `kind` is one of the constants above; `is_apply` asks for a field manager.
    pub(crate) fn parse(call: &Call, kind: &str, is_apply: bool) -> Result<Self, Status> {
        let mut errors = Vec::new();
        let manager = call.param("fieldManager");
        let has_force = call.query.iter().any(|(key, _)| key == "force");
        if kind == PATCH {
            if is_apply && manager.is_empty() {
                errors.push(FieldError::required("fieldManager", "is required for apply patch"));
            } else if !is_apply && has_force {
                errors.push(FieldError::forbidden("force", "may not be specified for non-apply patch"));
            }
        }
        check_manager(manager, &mut errors);
        let dry_run: Vec<&str> =
            call.query.iter().filter(|(key, _)| key == "dryRun").map(|(_, value)| value.as_str()).collect();
        let dry_run = check_dry_run(&dry_run, &mut errors);
        let field_validation = match call.param("fieldValidation") {
            "" | "Warn" => FieldValidation::Warn,
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            other => {
                errors.push(FieldError::not_supported(
                    "fieldValidation",
                    &other.into(),
                    &["", "Ignore", "Strict", "Warn"],
                ));
                FieldValidation::Warn
            }
        };
        refuse(kind, &errors)?;
        Ok(Self { dry_run, field_manager: manager.to_owned(), field_validation, force: call.flag("force") })
    }
}

fn refuse(kind: &str, errors: &[FieldError]) -> Result<(), Status> {
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid("meta.k8s.io", kind, "", errors)) }
}

fn check_manager(manager: &str, errors: &mut Vec<FieldError>) {
    if manager.len() > 128 {
        errors.push(FieldError::too_long("fieldManager", 128));
    }
    if let Some((position, bad)) = manager.char_indices().find(|(_, c)| c.is_control()) {
        errors.push(FieldError::invalid_text(
            "fieldManager",
            manager,
            format!("invalid character U+{:04X} (at position {position})", bad as u32),
        ));
    }
}

fn check_dry_run(values: &[&str], errors: &mut Vec<FieldError>) -> bool {
    if values.iter().any(|value| *value != "All") {
        let list = Value::from(values.iter().map(|value| Value::from(*value)).collect::<Vec<_>>());
        errors.push(FieldError::not_supported("dryRun", &list, &["All"]));
    }
    !values.is_empty()
}

/// What happens to the dependents of a deleted object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Propagation {
    Orphan,
    Background,
    Foreground,
}

/// The options of a deletion.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub dry_run: bool,
    pub propagation: Option<Propagation>,
    pub grace_period: Option<i64>,
    pub uid: Option<String>,
    pub resource_version: Option<String>,
}

impl DeleteOptions {
    /// From the query, for requests without a body.
    pub(crate) fn from_query(call: &Call) -> Result<Self, Status> {
        let mut body = Map::new();
        for (key, value) in &call.query {
            match key.as_str() {
                "dryRun" => {
                    let list = body.entry("dryRun").or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(items) = list {
                        items.push(value.as_str().into());
                    }
                }
                "propagationPolicy" => {
                    body.insert(key.clone(), value.as_str().into());
                }
                "uid" | "resourceVersion" => {
                    let conditions = body.entry("preconditions").or_insert_with(|| Value::Object(Map::new()));
                    conditions[key] = value.as_str().into();
                }
                "gracePeriodSeconds" => {
                    body.insert(key.clone(), integer(value)?.into());
                }
                "orphanDependents" => {
                    body.insert(key.clone(), call.flag("orphanDependents").into());
                }
                _ => {}
            }
        }
        Self::from_value(&Value::Object(body))
    }

    /// From a decoded `DeleteOptions`.
    pub(crate) fn from_value(body: &Value) -> Result<Self, Status> {
        let mut errors = Vec::new();
        let dry_run: Vec<&str> = super::object::texts(body.get("dryRun"));
        let orphan = body.get("orphanDependents").and_then(Value::as_bool);
        let policy = body.get("propagationPolicy").and_then(Value::as_str);
        if orphan.is_some() && policy.is_some() {
            errors.push(FieldError::invalid(
                "propagationPolicy",
                &policy.into(),
                "orphanDependents and deletionPropagation cannot be both set",
            ));
        }
        let propagation = match policy {
            Some("Orphan") => Some(Propagation::Orphan),
            Some("Background") => Some(Propagation::Background),
            Some("Foreground") => Some(Propagation::Foreground),
            Some(other) => {
                errors.push(FieldError::not_supported(
                    "propagationPolicy",
                    &other.into(),
                    &["Foreground", "Background", "Orphan", "nil"],
                ));
                None
            }
            None => orphan.map(|orphan| if orphan { Propagation::Orphan } else { Propagation::Background }),
        };
        let dry_run = check_dry_run(&dry_run, &mut errors);
        refuse(DELETE, &errors)?;
        let precondition = |field: &str| {
            body.pointer(&format!("/preconditions/{field}")).and_then(Value::as_str).map(str::to_owned)
        };
        Ok(Self {
            dry_run,
            propagation,
            grace_period: body.get("gracePeriodSeconds").and_then(Value::as_i64),
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
        })
    }
}

/// How a list's `resourceVersion` is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VersionMatch {
    Exact,
    NotOlderThan,
}

/// The options of a list, watch or deletion of a collection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListOptions {
    pub selectors: Selectors,
    pub limit: usize,
    pub continue_token: String,
    /// As given; empty if not.
    pub resource_version: String,
    pub version_match: Option<VersionMatch>,
    pub timeout_seconds: Option<u64>,
    pub bookmarks: bool,
    pub initial_events: Option<bool>,
    pub watch: bool,
}

impl ListOptions {
    /// From the query.
    pub(crate) fn parse(call: &Call) -> Result<Self, Status> {
        let optional = |name: &str| call.query.iter().any(|(key, _)| key == name);
        let number = |name: &str| -> Result<Option<i64>, Status> {
            if optional(name) { integer(call.param(name)).map(Some) } else { Ok(None) }
        };
        let out = Self {
            limit: usize::try_from(number("limit")?.unwrap_or(0)).unwrap_or(0),
            timeout_seconds: number("timeoutSeconds")?.and_then(|seconds| u64::try_from(seconds).ok()),
            continue_token: call.param("continue").to_owned(),
            resource_version: call.param("resourceVersion").to_owned(),
            version_match: None,
            bookmarks: call.flag("allowWatchBookmarks"),
            initial_events: optional("sendInitialEvents").then(|| call.flag("sendInitialEvents")),
            watch: call.flag("watch"),
            selectors: Selectors {
                labels: selector::parse_labels(call.param("labelSelector"))?,
                fields: selector::parse_fields(call.param("fieldSelector"))?,
            },
        };
        out.check(call.param("resourceVersionMatch"))
    }

    fn check(mut self, version_match: &str) -> Result<Self, Status> {
        let mut errors = Vec::new();
        let field = "resourceVersionMatch";
        if self.watch {
            if self.initial_events.is_some() {
                if version_match != "NotOlderThan" {
                    errors.push(FieldError::forbidden(
                        field,
                        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                    ));
                    if !version_match.is_empty() {
                        errors.push(FieldError::not_supported(
                            field,
                            &version_match.into(),
                            &["NotOlderThan"],
                        ));
                    }
                }
            } else if !version_match.is_empty() {
                errors.push(FieldError::forbidden(
                    field,
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                ));
            }
        } else {
            if !version_match.is_empty() {
                if self.resource_version.is_empty() {
                    errors.push(FieldError::forbidden(
                        field,
                        "resourceVersionMatch is forbidden unless resourceVersion is provided",
                    ));
                }
                if !self.continue_token.is_empty() {
                    errors.push(FieldError::forbidden(
                        field,
                        "resourceVersionMatch is forbidden when continue is provided",
                    ));
                }
                if !matches!(version_match, "Exact" | "NotOlderThan") {
                    errors.push(FieldError::not_supported(
                        field,
                        &version_match.into(),
                        &["Exact", "NotOlderThan", ""],
                    ));
                }
                if version_match == "Exact" && self.resource_version == "0" {
                    errors.push(FieldError::forbidden(
                        field,
                        "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
                    ));
                }
            }
            if self.initial_events.is_some() {
                errors.push(FieldError::forbidden(
                    "sendInitialEvents",
                    "sendInitialEvents is forbidden for list",
                ));
            }
        }
        refuse(LIST, &errors)?;
        self.version_match = match version_match {
            "Exact" => Some(VersionMatch::Exact),
            "NotOlderThan" => Some(VersionMatch::NotOlderThan),
            _ => None,
        };
        Ok(self)
    }
}

fn integer(text: &str) -> Result<i64, Status> {
    text.parse().map_err(|_| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let why = if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            "value out of range"
        } else {
            "invalid syntax"
        };
        Status::bad_request(format!("strconv.ParseInt: parsing {text:?}: {why}"))
    })
}

/// A resource version as a number; the error is the text of the field error.
pub(crate) fn parse_version(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| version_error(text, "value out of range"))
    } else {
        Err(version_error(text, "invalid syntax"))
    }
}

fn version_error(text: &str, why: &str) -> String {
    let detail = format!("strconv.ParseUint: parsing {text:?}: {why}");
    FieldError::invalid_text("resourceVersion", text, detail).to_string()
}
