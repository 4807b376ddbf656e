//! Which parts of a cluster beside its API server are played, and how fast they are. What they do is in the core.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

/// A part of a cluster that reacts to objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Behavior {
    /// Dependents of what is gone are deleted, finalizers of deletion policies end.
    GarbageCollection,
    /// Namespaces on their way out are emptied and end.
    Namespaces,
    /// Deployments make replica sets.
    Deployments,
    /// Replica sets make pods.
    ReplicaSets,
    /// Stateful sets make numbered pods.
    StatefulSets,
    /// Daemon sets make one pod on the only node.
    DaemonSets,
    /// Jobs make pods and end with them.
    Jobs,
    /// Cron jobs make jobs when their schedule says so.
    CronJobs,
    /// Pods are scheduled and run, those of jobs to their end; deleted ones go.
    Pods,
    /// Load balancers get addresses.
    Services,
    /// Ingresses get addresses.
    Ingresses,
    /// Claims are bound.
    Claims,
}

impl Behavior {
    /// All of them, with their names on command lines.
    pub const ALL: [(&'static str, Self); 12] = [
        ("garbage-collection", Self::GarbageCollection),
        ("namespaces", Self::Namespaces),
        ("deployments", Self::Deployments),
        ("replica-sets", Self::ReplicaSets),
        ("stateful-sets", Self::StatefulSets),
        ("daemon-sets", Self::DaemonSets),
        ("jobs", Self::Jobs),
        ("cron-jobs", Self::CronJobs),
        ("pods", Self::Pods),
        ("services", Self::Services),
        ("ingresses", Self::Ingresses),
        ("claims", Self::Claims),
    ];

    /// What reacts to the objects of a resource.
    pub(crate) fn of(group: &str, plural: &str) -> Option<Self> {
        Some(match (group, plural) {
            ("apps", "deployments") => Self::Deployments,
            ("apps", "replicasets") => Self::ReplicaSets,
            ("apps", "statefulsets") => Self::StatefulSets,
            ("apps", "daemonsets") => Self::DaemonSets,
            ("batch", "jobs") => Self::Jobs,
            ("batch", "cronjobs") => Self::CronJobs,
            ("", "pods") => Self::Pods,
            ("", "services") => Self::Services,
            ("networking.k8s.io", "ingresses") => Self::Ingresses,
            ("", "persistentvolumeclaims") => Self::Claims,
            _ => return None,
        })
    }
}

impl fmt::Display for Behavior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Self::ALL[*self as usize];
        f.write_str(name)
    }
}

impl FromStr for Behavior {
    type Err = UnknownBehavior;

    fn from_str(text: &str) -> Result<Self, UnknownBehavior> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, behavior)| *behavior).ok_or_else(|| UnknownBehavior(text.to_owned()))
    }
}

/// No behavior has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no behavior {0:?}; there are {names}", names = Behavior::ALL.map(|(name, _)| name).join(", "))]
pub struct UnknownBehavior(String);

/// What the parts of a cluster that are not the API server do: all of it at once, unless told otherwise.
///
/// ```
/// use kro_apiserver::{ApiServer, Behavior, Behaviors};
/// use std::time::Duration;
///
/// // Claims are never bound, and pods take their time.
/// let behaviors = Behaviors::all().without(Behavior::Claims).delayed(Behavior::Pods, Duration::from_secs(5));
/// let server = ApiServer::builder().behaviors(behaviors).build();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviors {
    /// How long after a change each that is on reacts.
    delays: BTreeMap<Behavior, Duration>,
}

impl Default for Behaviors {
    fn default() -> Self {
        Self::all()
    }
}

impl Behaviors {
    /// Nothing reacts to objects.
    pub fn none() -> Self {
        Self { delays: BTreeMap::new() }
    }

    /// Everything does, at once.
    pub fn all() -> Self {
        Self { delays: Behavior::ALL.map(|(_, behavior)| (behavior, Duration::ZERO)).into() }
    }

    /// The same with one more, which acts at once.
    #[must_use]
    pub fn with(self, behavior: Behavior) -> Self {
        self.delayed(behavior, Duration::ZERO)
    }

    /// The same with one that acts some time after a change, by the server's clock. Garbage collection and the end of
    /// namespaces are never late.
    #[must_use]
    pub fn delayed(mut self, behavior: Behavior, delay: Duration) -> Self {
        self.delays.insert(behavior, delay);
        self
    }

    /// The same with one less.
    #[must_use]
    pub fn without(mut self, behavior: Behavior) -> Self {
        self.delays.remove(&behavior);
        self
    }

    /// How long after a change a behavior reacts; nothing if it never does.
    pub(crate) fn delay(&self, behavior: Behavior) -> Option<Duration> {
        self.delays.get(&behavior).copied()
    }

    pub(crate) fn is_on(&self, behavior: Behavior) -> bool {
        self.delays.contains_key(&behavior)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (name, behavior) in Behavior::ALL {
            assert_eq!((behavior.to_string().as_str(), name.parse()), (name, Ok(behavior)));
        }
        let error = "weather".parse::<Behavior>().expect_err("no such behavior").to_string();
        assert!(error.contains("\"weather\"") && error.contains("cron-jobs"), "{error}");
    }
}
