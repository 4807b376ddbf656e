//! Who asks and what they may: certificate, bearer token, impersonation, RBAC.
//! Refuses OIDC, webhooks and tokens of service accounts.

mod bootstrap;
mod escalation;
mod rbac;
mod reviews;

use super::{
    Core,
    request::{Call, Identity},
};
use crate::{
    server::Authorization,
    status::{Named, Status},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whose request it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub name: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    pub verb: String,
    pub group: String,
    /// Plural name; empty for paths that are no resources.
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub path: String,
}

/// The answer of the authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub allowed: bool,
    /// Why, if RBAC allowed it.
    pub reason: String,
}

const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";

/// Namespace and name of the service account behind a user.
fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

impl User {
    fn known(identity: Identity) -> Self {
        let Identity { user, mut groups } = identity;
        groups.push(AUTHENTICATED.into());
        Self { name: user, groups, extra: BTreeMap::new() }
    }

    fn admin() -> Self {
        Self::known(Identity::admin())
    }

    fn anonymous() -> Self {
        Self {
            name: "system:anonymous".into(),
            groups: vec!["system:unauthenticated".into()],
            extra: BTreeMap::new(),
        }
    }

    /// The user as `SelfSubjectReview` shows it.
    fn to_value(&self) -> Value {
        let mut out = json!({"username": self.name, "groups": self.groups});
        if !self.extra.is_empty() {
            out["extra"] = json!(self.extra);
        }
        out
    }
}

impl Core {
    /// Whose call it is, after impersonation.
    pub(super) fn authenticate(&self, call: &Call) -> Result<User, Status> {
        let user = match (&call.identity, &self.token, &call.authorization) {
            (Some(identity), ..) => User::known(Identity::clone(identity)),
            (None, None, _) => User::admin(),
            (None, Some(token), Some(given)) if given.strip_prefix("Bearer ") == Some(token) => User::admin(),
            (None, Some(_), Some(_)) => return Err(Status::unauthorized()),
            (None, Some(_), None) => User::anonymous(),
        };
        self.impersonate(call, user)
    }

    fn impersonate(&self, call: &Call, user: User) -> Result<User, Status> {
        let all = |name: &str| -> Vec<String> {
            let wanted = call.impersonation.iter().filter(|(key, value)| key == name && !value.is_empty());
            wanted.map(|(_, value)| value.clone()).collect()
        };
        let (name, mut groups) = (all("impersonate-user").pop(), all("impersonate-group"));
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (key, value) in &call.impersonation {
            if let Some(key) = key.strip_prefix("impersonate-extra-") {
                extra.entry(key.to_owned()).or_default().push(value.clone());
            }
        }
        let Some(name) = name else {
            if groups.is_empty() && extra.is_empty() {
                return Ok(user);
            }
            let list: Vec<String> = groups.iter().map(|group| crate::field_error::quote(group)).collect();
            return Err(Status::bad_request(format!(
                "requested &user.DefaultInfo{{Name:\"\", UID:\"\", Groups:[]string{{{}}}, Extra:map[string][]string(nil)}} without impersonating a user name",
                list.join(", ")
            )));
        };
        for (resource, name) in
            std::iter::once(("users", &name)).chain(groups.iter().map(|group| ("groups", group)))
        {
            let account = service_account(name).filter(|_| resource == "users");
            let (resource, namespace, name) = match account {
                Some((namespace, name)) => ("serviceaccounts", namespace, name),
                None => (resource, "", name.as_str()),
            };
            let wanted = Attributes {
                verb: "impersonate".into(),
                resource: resource.into(),
                namespace: namespace.into(),
                name: name.into(),
                ..Attributes::default()
            };
            self.demand(&user, &wanted)?;
        }
        if let Some((namespace, _)) = service_account(&name)
            && groups.is_empty()
        {
            groups = vec!["system:serviceaccounts".into(), format!("system:serviceaccounts:{namespace}")];
        }
        let own = if name == "system:anonymous" { "system:unauthenticated" } else { AUTHENTICATED };
        if !groups.iter().any(|group| group == own) {
            groups.push(own.into());
        }
        Ok(User { name, groups, extra })
    }

    /// Whether somebody may do something.
    pub(super) fn decide(&self, user: &User, wanted: &Attributes) -> Decision {
        let is_master = user.groups.iter().any(|group| group == MASTERS);
        let is_open = self.authorization == Authorization::AllowAll && user.name != "system:anonymous";
        if is_master || is_open {
            return Decision { allowed: true, reason: String::new() };
        }
        match self.rbac_reason(user, wanted) {
            Some(reason) => Decision { allowed: true, reason },
            None => Decision { allowed: false, reason: String::new() },
        }
    }

    /// Refuses what somebody may not do.
    pub(super) fn demand(&self, user: &User, wanted: &Attributes) -> Result<(), Status> {
        if self.decide(user, wanted).allowed {
            return Ok(());
        }
        if wanted.resource.is_empty() {
            let why = format!("User {:?} cannot {} path {:?}", user.name, wanted.verb, wanted.path);
            return Err(Status::forbidden(Named { group: "", plural: "" }, "", &why));
        }
        let resource = if wanted.subresource.is_empty() {
            wanted.resource.clone()
        } else {
            format!("{}/{}", wanted.resource, wanted.subresource)
        };
        let place = if wanted.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", wanted.namespace)
        };
        let why = format!(
            "User {:?} cannot {} resource {resource:?} in API group {:?} {place}",
            user.name, wanted.verb, wanted.group
        );
        Err(Status::forbidden(Named { group: &wanted.group, plural: &wanted.resource }, &wanted.name, &why))
    }
}
