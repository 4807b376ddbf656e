//! Who must be reconciled when an object that is not our own changes: indexes by name and by selector.
//! Pure. Children of instances need no entry here; their labels name the instance.

use kro_object::{Gvr, ObjectKey, Selector};
use std::collections::{BTreeMap, BTreeSet};

/// The labels of an object.
pub type Labels = BTreeMap<String, String>;

/// What one parent wants to hear about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// The resource of the objects.
    pub resource: Gvr,
    /// Which of them.
    pub target: Target,
}

/// Which objects of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One by name.
    Named(ObjectKey),
    /// All with such labels, in one namespace or in all.
    Selected {
        /// `None`: every namespace.
        namespace: Option<Box<str>>,
        /// An empty selector takes every object.
        selector: Selector,
        /// The objects it took when last looked at, so that one that leaves the selection is noticed.
        seen: BTreeSet<ObjectKey>,
    },
}

/// The interests of all parents.
#[derive(Debug)]
pub struct Router<P> {
    interests: BTreeMap<P, Vec<Interest>>,
    by_name: BTreeMap<(Gvr, ObjectKey), BTreeSet<P>>,
    by_selector: BTreeMap<Gvr, Vec<(Target, P)>>,
}

impl<P> Default for Router<P> {
    fn default() -> Self {
        Self { interests: BTreeMap::new(), by_name: BTreeMap::new(), by_selector: BTreeMap::new() }
    }
}

impl<P: Ord + Clone> Router<P> {
    /// Replaces everything `parent` wants to hear about. `None` when it says the same again, else whether that may
    /// change [`resources`](Self::resources).
    pub fn declare(&mut self, parent: &P, interests: Vec<Interest>) -> Option<bool> {
        let before = self.interests.get(parent).map_or(&[][..], Vec::as_slice);
        if before == interests {
            return None;
        }
        let moved = !before.iter().map(|old| &old.resource).eq(interests.iter().map(|new| &new.resource));
        self.forget(parent);
        for interest in &interests {
            match &interest.target {
                Target::Named(key) => {
                    let key = (interest.resource.clone(), key.clone());
                    self.by_name.entry(key).or_default().insert(parent.clone());
                }
                target @ Target::Selected { .. } => {
                    let entry = self.by_selector.entry(interest.resource.clone()).or_default();
                    entry.push((target.clone(), parent.clone()));
                }
            }
        }
        if !interests.is_empty() {
            self.interests.insert(parent.clone(), interests);
        }
        Some(moved)
    }

    /// `parent` wants to hear nothing any more.
    pub fn forget(&mut self, parent: &P) {
        for interest in self.interests.remove(parent).unwrap_or_default() {
            match interest.target {
                Target::Named(key) => {
                    let key = (interest.resource, key);
                    if let Some(parents) = self.by_name.get_mut(&key) {
                        parents.remove(parent);
                        if parents.is_empty() {
                            self.by_name.remove(&key);
                        }
                    }
                }
                Target::Selected { .. } => {
                    if let Some(entries) = self.by_selector.get_mut(&interest.resource) {
                        entries.retain(|(_, owner)| owner != parent);
                        if entries.is_empty() {
                            self.by_selector.remove(&interest.resource);
                        }
                    }
                }
            }
        }
    }

    /// The parents that want to hear of this object, with its labels of now.
    pub fn route(&self, resource: &Gvr, key: &ObjectKey, labels: &Labels) -> BTreeSet<P> {
        let mut parents = self.by_name.get(&(resource.clone(), key.clone())).cloned().unwrap_or_default();
        for (target, parent) in self.by_selector.get(resource).into_iter().flatten() {
            let Target::Selected { namespace, selector, seen } = target else { continue };
            let here = namespace.is_none() || *namespace == key.namespace;
            if here && (selector.matches(labels) || seen.contains(key)) {
                parents.insert(parent.clone());
            }
        }
        parents
    }

    /// All parents that want to hear of objects of this resource.
    pub fn parents(&self, resource: &Gvr) -> BTreeSet<P> {
        let named =
            self.by_name.iter().filter(|((of, _), _)| of == resource).flat_map(|(_, parents)| parents);
        let selected = self.by_selector.get(resource).into_iter().flatten().map(|(_, parent)| parent);
        named.chain(selected).cloned().collect()
    }

    /// The resources anybody wants to hear about.
    pub fn resources(&self) -> BTreeSet<Gvr> {
        let named = self.by_name.keys().map(|(resource, _)| resource);
        named.chain(self.by_selector.keys()).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
