//! One ApplySet at work on a cluster: apply a batch, record membership, find members, delete one safely.
//! Refuses to touch an object of another set, and to delete what it cannot prove to be its own.

use crate::{
    SharedFields,
    member::{APPLY_ORDER, Member, Veto},
    membership::{HOMELESS, Membership, PART_OF},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use kro_cluster::{ApplyOptions, Cluster, Deleted, Error, Part, Precondition, Query, mutants::mutant};
use kro_object::{GroupKind, Object, ObjectKey, ResourceType, Scope};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// The set of one parent.
#[derive(Debug, Clone)]
pub struct ApplySet {
    /// The id, from [`crate::id`].
    pub id: Box<str>,
    /// The parent's namespace; `None` for a cluster-scoped parent.
    pub home: Option<Box<str>>,
    /// Field manager of members.
    pub manager: &'static str,
    /// Requests in flight at once; at least 1.
    pub concurrency: usize,
}

/// One object to apply.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its resource.
    pub resource: Arc<ResourceType>,
    /// The object; the set's label is added.
    pub object: Object,
    /// What is known of an object of that name.
    pub contact: Contact,
    /// Fields that are left to others. With any the object is read before it is applied.
    pub shared: SharedFields,
}

/// What is known before an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// It is a member: take over whatever others changed in our fields.
    Member,
    /// Nothing, not even whether a member has the name: look first.
    Unknown,
    /// No member has the name: most likely it does not exist. Applied without force first, so that the object of somebody else
    /// is noticed; unless it is in another set, it is adopted then.
    First,
    /// The same, but another manager's field that would change is an error.
    Careful,
    /// The same, but an object of that name is an error, whoever made it.
    New,
}

/// Why an object was not applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// It is in another set, which keeps it.
    #[error(
        "resource belongs to a different ApplySet: {object} belongs to ApplySet {theirs:?}, cannot reassign to {ours:?}"
    )]
    OtherSet {
        /// `namespace/name (group/version, Kind=kind)`.
        object: String,
        /// The id it carries.
        theirs: String,
        /// Our id.
        ours: String,
    },
    /// It was there before, in no set, and is not to be taken over.
    #[error("{object} exists already and is left alone: {why}")]
    Taken {
        /// `namespace/name (group/version, Kind=kind)`.
        object: String,
        /// The fields and managers in the way.
        why: String,
    },
    /// The request failed.
    #[error(transparent)]
    Cluster(#[from] Error),
}

/// How a delete ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// There is no such object any more.
    Gone,
    /// It was told to go and waits for its finalizers.
    Terminating,
    /// It is not ours to delete.
    Vetoed(Veto),
    /// It stays, without our labels.
    Released,
    /// It changes faster than we look; try again later.
    Changed,
}

impl ApplySet {
    /// The error for an object that carries the label of set `theirs`.
    pub fn other_set(&self, resource: &ResourceType, key: &ObjectKey, theirs: &str) -> ApplyError {
        ApplyError::OtherSet {
            object: named(resource, key),
            theirs: theirs.to_owned(),
            ours: self.id.to_string(),
        }
    }

    /// Applies every item, some at a time; one failure stops no other. Results are in the order of the items.
    pub async fn apply(&self, cluster: &Cluster, items: Vec<Item>) -> Vec<Result<Object, ApplyError>> {
        let requests = items.into_iter().map(|item| self.apply_one(cluster, item));
        stream::iter(requests).buffered(self.concurrency.max(1)).collect().await
    }

    async fn apply_one(&self, cluster: &Cluster, item: Item) -> Result<Object, ApplyError> {
        let Item { resource, mut object, contact, shared } = item;
        if mutant("child-without-set") {
            object.metadata_mut().remove_label(PART_OF);
        } else {
            object.metadata_mut().insert_label(PART_OF, &self.id);
        }
        if !shared.is_empty() {
            let live = cluster.get(&resource, &object.key()).await?;
            object = shared.yielding(&object, live.as_ref(), self.manager);
        }
        let polite = ApplyOptions::polite(self.manager);
        let mut conflict = None;
        if matches!(contact, Contact::First | Contact::Careful) {
            match cluster.apply(&resource, &object, &polite).await {
                Err(error) if error.is_conflict() => conflict = Some(error.to_string()),
                other => return Ok(other?),
            }
        }
        if contact != Contact::Member {
            let key = object.key();
            let live = cluster.get(&resource, &key).await?;
            let theirs = live.as_ref().and_then(|live| live.metadata().label(PART_OF));
            match (theirs, contact) {
                (Some(theirs), _) if *theirs != *self.id => {
                    return Err(self.other_set(&resource, &key, theirs));
                }
                (None, Contact::New) if live.is_none() => {
                    return Ok(cluster.apply(&resource, &object, &polite).await?);
                }
                (None, Contact::Careful | Contact::New) => {
                    let why = conflict.unwrap_or_else(|| "objects of others are not taken over".to_owned());
                    return Err(ApplyError::Taken { object: named(&resource, &key), why });
                }
                _ => {}
            }
        }
        let options = if mutant("apply-politely") {
            ApplyOptions::polite(self.manager)
        } else {
            ApplyOptions::force(self.manager)
        };
        Ok(cluster.apply(&resource, &object, &options).await?)
    }

    /// Lets a member go without deleting it: takes our labels off, if it is still as it was seen.
    pub async fn release(&self, cluster: &Cluster, member: &Member) -> Result<Removal, Error> {
        let Some(live) = cluster.get(&member.resource, &member.key).await? else { return Ok(Removal::Gone) };
        let metadata = live.metadata();
        if metadata.uid() != Some(&*member.uid) || metadata.label(PART_OF) != Some(&*self.id) {
            return Ok(Removal::Gone);
        }
        let labels = metadata.labels().into_iter().flatten();
        let ours = labels.filter(|(key, value)| {
            key.starts_with("kro.run/")
                || key.as_str() == PART_OF
                || (key.as_str() == "app.kubernetes.io/managed-by" && **value == "kro")
        });
        let labels: Map<String, Value> = ours.map(|(key, _)| (key.clone(), Value::Null)).collect();
        let patch = json!({"metadata": {
            "uid": metadata.uid(), "resourceVersion": metadata.resource_version(),
            "labels": labels, "annotations": {APPLY_ORDER: null},
        }});
        match cluster.merge(&member.resource, &member.key, Part::Main, &patch).await {
            Ok(_) => Ok(Removal::Released),
            Err(error) if error.is_not_found() => Ok(Removal::Gone),
            Err(error) if error.is_conflict() => Ok(Removal::Changed),
            Err(error) => Err(error),
        }
    }

    /// Asks the server for all members in `scope`, but of the kinds in `known`. Kinds that are no longer served
    /// have no objects.
    pub async fn members(
        &self,
        cluster: &Cluster,
        scope: &Membership,
        known: &BTreeSet<GroupKind>,
    ) -> Result<Vec<Member>, Error> {
        let query = Query::all().labelled(&format!("{PART_OF}={}", self.id));
        let mut lists = Vec::new();
        for kind in scope.kinds.difference(known) {
            let Some(resource) = cluster.preferred(kind).await? else { continue };
            let resource = Arc::new(resource);
            if resource.scope == Scope::Cluster {
                lists.push((resource, query.clone()));
                continue;
            }
            let home = self.home.as_deref().unwrap_or(HOMELESS);
            let mut namespaces: BTreeSet<&str> =
                scope.namespaces.iter().map(|namespace| &**namespace).collect();
            namespaces.insert(home);
            for namespace in namespaces {
                lists.push((Arc::clone(&resource), query.clone().within(Some(namespace))));
            }
        }
        let requests = lists.into_iter().map(|(resource, query)| async move {
            let objects = cluster.list(&resource, &query).await?;
            let members =
                objects.iter().map(|object| Member::of(Arc::clone(&resource), object, self.manager));
            Ok::<Vec<Member>, Error>(members.collect())
        });
        let found: Vec<Vec<Member>> =
            stream::iter(requests).buffered(self.concurrency.max(1)).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Deletes members, some at a time; one failure stops no other.
    pub async fn delete_all(
        &self,
        cluster: &Cluster,
        members: Vec<Member>,
    ) -> Vec<(Member, Result<Removal, Error>)> {
        let requests = members.into_iter().map(|member| async move {
            let removal = self.delete(cluster, &member).await;
            (member, removal)
        });
        stream::iter(requests).buffered(self.concurrency.max(1)).collect().await
    }

    /// Deletes a member if it is provably ours and still the object that was seen, in the version that was seen.
    /// A newer version is looked at once more.
    pub async fn delete(&self, cluster: &Cluster, member: &Member) -> Result<Removal, Error> {
        match self.delete_seen(cluster, member).await {
            Err(error) if error.is_conflict() => {}
            other => return other,
        }
        let Some(live) = cluster.get(&member.resource, &member.key).await? else { return Ok(Removal::Gone) };
        let live = Member::of(Arc::clone(&member.resource), &live, self.manager);
        if live.uid != member.uid {
            return Ok(Removal::Gone);
        }
        match self.delete_seen(cluster, &live).await {
            Err(error) if error.is_conflict() => Ok(Removal::Changed),
            other => other,
        }
    }

    async fn delete_seen(&self, cluster: &Cluster, member: &Member) -> Result<Removal, Error> {
        if let Some(veto) = member.veto(&self.id) {
            return Ok(Removal::Vetoed(veto));
        }
        if member.deleting {
            return Ok(Removal::Terminating);
        }
        let precondition = Precondition {
            uid: Some(member.uid.to_string()),
            resource_version: Some(member.version.to_string()),
        };
        Ok(match cluster.delete(&member.resource, &member.key, precondition).await? {
            Some(Deleted::Terminating) => Removal::Terminating,
            Some(Deleted::Gone) | None => Removal::Gone,
        })
    }
}

/// `namespace/name (group/version, Kind=kind)`.
fn named(resource: &ResourceType, key: &ObjectKey) -> String {
    let gvk = &resource.gvk;
    let namespace = key.namespace.as_deref().unwrap_or_default();
    format!("{namespace}/{} ({}, Kind={})", key.name, gvk.api_version(), gvk.kind)
}
