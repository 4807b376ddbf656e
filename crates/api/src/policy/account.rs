//! The service account whose rights count for the objects of instances.

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its namespace; `None` for that of each instance.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Who may do nothing.
const NOBODY: &str = "system:anonymous";

impl Account {
    /// Reads `name` or `namespace/name`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = match text.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, text),
        };
        let is_name = |name: &str| {
            let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            !name.is_empty() && name.len() <= 253 && name.chars().all(inner)
        };
        (is_name(name) && namespace.is_none_or(is_name))
            .then(|| Self { namespace: namespace.map(str::to_owned), name: name.to_owned() })
    }

    /// An account without any right.
    pub(super) fn nobody() -> Self {
        Self { namespace: None, name: String::new() }
    }

    /// The user it is for the API server, for an instance in this namespace.
    pub fn user(&self, namespace: Option<&str>) -> String {
        match self.namespace.as_deref().or(namespace) {
            Some(namespace) if !self.name.is_empty() => {
                format!("system:serviceaccount:{namespace}:{}", self.name)
            }
            _ => NOBODY.to_owned(),
        }
    }
}
