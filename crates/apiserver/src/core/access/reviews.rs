//! Questions about access: the kinds of `authentication.k8s.io` and `authorization.k8s.io`, which are answered and
//! not stored.

use super::{Attributes, User};
use crate::{
    core::{Core, Reply, managed, object, options, verbs::Request, write::seconds},
    field_error::FieldError,
    status::Status,
};
use serde_json::{Value, json};

impl Core {
    /// Answers a review.
    pub(in crate::core) fn review(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let served = request.served.clone();
        let (options, mut review) = request.object(&self.registry, options::CREATE)?;
        object::as_map_mut(&mut review).remove("status");
        let writer = request.writer(&options.field_manager, options.dry_run);
        if &*served.plural == "selfsubjectreviews" {
            review["metadata"] = json!({"creationTimestamp": seconds(request.now)});
        } else {
            managed::update(&self.registry, None, &mut review, &served, &writer);
        }
        if let Some(namespace) = &request.namespace {
            object::set_meta(&mut review, "namespace", Some(namespace.as_str().into()));
        }
        review["status"] = match &*served.plural {
            "selfsubjectreviews" => json!({"userInfo": request.user.to_value()}),
            "tokenreviews" => self.token_review(&review)?,
            "selfsubjectaccessreviews" => {
                check_spec(&review, false)?;
                self.access(&request.user, &review)
            }
            "subjectaccessreviews" => {
                check_spec(&review, true)?;
                self.access(&subject(&review), &review)
            }
            "localsubjectaccessreviews" => {
                check_spec(&review, true)?;
                let given = text(&review, "/spec/resourceAttributes/namespace");
                if Some(given) != request.namespace.as_deref() {
                    return Err(invalid(&FieldError::invalid_text(
                        "spec.resourceAttributes.namespace",
                        given,
                        "must match metadata.namespace",
                    )));
                }
                self.access(&subject(&review), &review)
            }
            _ => {
                let namespace = text(&review, "/spec/namespace").to_owned();
                if namespace.is_empty() {
                    return Err(Status::bad_request("no namespace on request"));
                }
                review["spec"] = json!({});
                self.rules_of(&request.user, &namespace)
            }
        };
        request.answer(201, review)
    }

    fn token_review(&self, review: &Value) -> Result<Value, Status> {
        match text(review, "/spec/token") {
            "" => Err(Status::bad_request("token is required for TokenReview in authentication")),
            token if self.token.as_deref() == Some(token) => {
                Ok(json!({"authenticated": true, "user": User::admin().to_value()}))
            }
            _ => Ok(json!({"user": {}, "error": "invalid bearer token"})),
        }
    }

    fn access(&self, user: &User, review: &Value) -> Value {
        let wanted = Attributes {
            verb: either(review, "verb").to_owned(),
            group: text(review, "/spec/resourceAttributes/group").to_owned(),
            resource: text(review, "/spec/resourceAttributes/resource").to_owned(),
            subresource: text(review, "/spec/resourceAttributes/subresource").to_owned(),
            namespace: text(review, "/spec/resourceAttributes/namespace").to_owned(),
            name: text(review, "/spec/resourceAttributes/name").to_owned(),
            path: text(review, "/spec/nonResourceAttributes/path").to_owned(),
        };
        let decision = self.decide(user, &wanted);
        let mut status = json!({"allowed": decision.allowed});
        if !decision.reason.is_empty() {
            status["reason"] = decision.reason.into();
        }
        status
    }

    fn rules_of(&self, user: &User, namespace: &str) -> Value {
        let rules: Vec<Value> =
            self.grants(user, namespace).flat_map(|grant| grant.rules.into_owned()).collect();
        let (paths, resources): (Vec<Value>, Vec<Value>) =
            rules.into_iter().partition(|rule| rule.get("nonResourceURLs").is_some());
        json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
    }
}

fn text<'a>(review: &'a Value, pointer: &str) -> &'a str {
    review.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn either<'a>(review: &'a Value, field: &str) -> &'a str {
    let resource = text(review, &format!("/spec/resourceAttributes/{field}"));
    if resource.is_empty() { text(review, &format!("/spec/nonResourceAttributes/{field}")) } else { resource }
}

fn subject(review: &Value) -> User {
    User {
        name: text(review, "/spec/user").to_owned(),
        groups: object::texts(review.pointer("/spec/groups")).into_iter().map(str::to_owned).collect(),
        ..User::default()
    }
}

/// These kinds are refused without their name, for a reason lost in history.
fn invalid(error: &FieldError) -> Status {
    let mut status = Status::invalid("authorization.k8s.io", "", "", std::slice::from_ref(error));
    status.message = status.message.replacen(
        "authorization",
        ".authorization",
        usize::from(!status.message.starts_with('.')),
    );
    status
}

fn check_spec(review: &Value, needs_subject: bool) -> Result<(), Status> {
    let resource = review.pointer("/spec/resourceAttributes");
    let path = review.pointer("/spec/nonResourceAttributes");
    match (resource, path) {
        (None, None) => {
            return Err(invalid(&FieldError::invalid(
                "spec.resourceAttributes",
                &Value::Null,
                "exactly one of nonResourceAttributes or resourceAttributes must be specified",
            )));
        }
        (Some(_), Some(path)) => {
            let value = format!("{{\"Path\":{},\"Verb\":{}}}", path["path"], path["verb"]);
            let error = FieldError::invalid(
                "spec.nonResourceAttributes",
                &Value::Null,
                "cannot be specified in combination with resourceAttributes",
            );
            return Err(invalid(&FieldError { value, ..error }));
        }
        _ => {}
    }
    if needs_subject
        && text(review, "/spec/user").is_empty()
        && object::texts(review.pointer("/spec/groups")).is_empty()
    {
        let detail = "at least one of user or group must be specified";
        return Err(invalid(&FieldError::invalid_text("spec.user", "", detail)));
    }
    Ok(())
}
