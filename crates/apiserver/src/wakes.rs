//! Who wakes for which change: one signal for each resource, in one namespace or in all, that somebody follows.

use crate::{core::ResourceId, signal::Signal};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a watch follows: a resource in a namespace, or in all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Topic {
    pub resource: Arc<ResourceId>,
    pub namespace: Option<Arc<str>>,
}

/// The signals of all topics that are followed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes {
    signals: Arc<Mutex<BTreeMap<Topic, Arc<Signal>>>>,
}

impl Wakes {
    /// Follows a topic until the value is dropped.
    pub(crate) fn follow(&self, topic: Topic) -> Following {
        let signal = self.signals().entry(topic.clone()).or_default().clone();
        Following { wakes: self.clone(), topic, signal }
    }

    /// Wakes those who follow one of some topics.
    pub(crate) fn raise(&self, topics: impl IntoIterator<Item = Topic>) {
        let signals = self.signals();
        for signal in topics.into_iter().filter_map(|topic| signals.get(&topic)) {
            signal.raise();
        }
    }

    /// A map is whole between any two of its operations.
    fn signals(&self) -> MutexGuard<'_, BTreeMap<Topic, Arc<Signal>>> {
        self.signals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who follows a topic.
#[derive(Debug)]
pub(crate) struct Following {
    wakes: Wakes,
    topic: Topic,
    signal: Arc<Signal>,
}

impl Following {
    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut signals = self.wakes.signals();
        // The map's and this one: nobody else follows.
        if Arc::strong_count(&self.signal) == 2 {
            signals.remove(&self.topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(plural: &str, namespace: Option<&str>) -> Topic {
        let resource = Arc::new(ResourceId { group: "".into(), plural: plural.into() });
        Topic { resource, namespace: namespace.map(Into::into) }
    }

    #[test]
    fn only_followers_of_a_topic_wake() {
        let wakes = Wakes::default();
        let followers =
            [topic("pods", Some("a")), topic("pods", Some("b")), topic("pods", None), topic("nodes", None)]
                .map(|topic| wakes.follow(topic));
        wakes.raise([topic("pods", Some("a")), topic("pods", None)]);
        assert_eq!(followers.each_ref().map(|follower| follower.signal().count()), [1, 0, 1, 0]);
    }

    #[test]
    fn topics_that_nobody_follows_are_forgotten() {
        let wakes = Wakes::default();
        let (one, other) = (wakes.follow(topic("pods", None)), wakes.follow(topic("pods", None)));
        drop(one);
        assert_eq!(wakes.signals().len(), 1);
        drop(other);
        assert!(wakes.signals().is_empty());
    }
}
