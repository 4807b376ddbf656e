//! One replica of several that share the work: it makes itself known, takes the shards that are its own by
//! [`Share`]'s rules, and gives back what another should have. Every shard has a Lease, so that two replicas never
//! work on the same one, whatever each believes of the other. Refuses to go on without a lease it worked under.

use crate::{
    Clock, Cluster, Elector, Error, LeaseTimes, Precondition, Query, Share,
    lease::{Sight, lease_type},
    share::{assign, hash},
};
use kro_object::{Object, ObjectKey};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// On the leases of replicas and shards: how many shards there are.
const COUNT: &str = "coordination.kro.run/shards";
/// On the same: `replica` or `shard`.
const ROLE: &str = "coordination.kro.run/role";
/// The leader forgets a replica after so many lease durations of silence.
const FORGOTTEN: u32 = 4;

/// Why a replica may not go on.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// Another process holds a lease that was ours.
    #[error("the lease {0} was lost")]
    Taken(String),
    /// A lease could not be renewed in time.
    #[error("the leases could not be renewed for {} s: {last}", .after.as_secs())]
    Silent {
        /// For how long.
        after: Duration,
        /// The last error, or that there was no answer.
        last: String,
    },
}

/// A replica and the leases it has.
#[derive(Debug)]
pub struct Replica {
    cluster: Cluster,
    identity: Box<str>,
    count: u32,
    times: LeaseTimes,
    member: Elector,
    leader: Elector,
    shards: Vec<Elector>,
    /// Leases of replicas by name.
    seen: BTreeMap<Box<str>, Sight>,
    /// When what we hold was last renewed.
    is_member: Option<Instant>,
    leads: Option<Instant>,
    held: BTreeMap<u32, Instant>,
}

/// The replicas there are.
struct Others {
    /// Alive, with as many shards as we.
    alike: BTreeSet<Box<str>>,
    /// Some have another number of shards.
    mixed: bool,
}

impl Replica {
    /// A replica called `identity`, which must differ between processes, of a group whose leases lie in one namespace
    /// and begin with `name`. The lease called `name` is the leader's.
    pub fn new(
        cluster: Cluster,
        lease: &ObjectKey,
        identity: &str,
        count: u32,
        times: LeaseTimes,
        clock: &Arc<dyn Clock>,
    ) -> Self {
        let count = count.max(1);
        let elector = |name: &str| {
            let key = ObjectKey { namespace: lease.namespace.clone(), name: name.into() };
            Elector::new(cluster.clone(), key, identity.to_owned(), times.clone(), Arc::clone(clock))
        };
        let labels = |role: &str| json!({COUNT: count.to_string(), ROLE: role});
        let name = &lease.name;
        Self {
            member: elector(&format!("{name}-replica-{:016x}", hash(identity))).labelled(labels("replica")),
            leader: elector(name),
            shards: (0..count)
                .map(|shard| elector(&format!("{name}-shard-{shard}")).labelled(labels("shard")))
                .collect(),
            identity: identity.into(),
            cluster,
            count,
            times,
            seen: BTreeMap::new(),
            is_member: None,
            leads: None,
            held: BTreeMap::new(),
        }
    }

    /// Takes, renews and gives back leases until one is lost. `share` gets what may be worked on; a shard is given back
    /// once `busy` shows that nobody works on it any more.
    pub async fn run(&mut self, share: &watch::Sender<Share>, busy: &watch::Receiver<BTreeSet<u32>>) -> Lost {
        let mut last = "no answer".to_owned();
        loop {
            let joined = self.is_member.is_some();
            match tokio::time::timeout(self.left(), self.turn(share, busy)).await {
                Ok(Ok(())) => {}
                Ok(Err(Failed::Lost(lost))) => return lost,
                Ok(Err(Failed::Cluster(error))) => {
                    last = error.to_string();
                    tracing::warn!(%error, "cannot renew the leases");
                }
                Err(_) => tracing::warn!("the leases are not renewed: no answer"),
            }
            if self.left().is_zero() {
                return Lost::Silent { after: self.times.renew_deadline, last };
            }
            if joined || self.is_member.is_none() {
                tokio::time::sleep(self.times.retry_period.min(self.left())).await;
            }
        }
    }

    /// Gives everything back; nothing of it may be worked on any more.
    pub async fn release(self) {
        let shards = self.held.keys().map(|shard| &self.shards[*shard as usize]);
        for lease in shards.chain(self.leads.map(|_| &self.leader)) {
            if let Err(error) = lease.give_back().await {
                tracing::warn!(lease = %lease.key().name, %error, "cannot release the lease");
            }
        }
        if self.is_member.is_some() {
            let key = self.member.key();
            if let Err(error) = self.cluster.delete(&lease_type(), key, Precondition::default()).await {
                tracing::warn!(lease = %key.name, %error, "cannot delete the lease");
            }
        }
    }

    /// Until when something we hold must be renewed; a whole deadline when we hold nothing.
    fn left(&self) -> Duration {
        let renewed = self.held.values().copied().chain(self.leads).chain(self.is_member).min();
        self.times.renew_deadline.saturating_sub(renewed.map_or(Duration::ZERO, |at| at.elapsed()))
    }

    /// One look at all leases, and what follows from it.
    async fn turn(
        &mut self,
        share: &watch::Sender<Share>,
        busy: &watch::Receiver<BTreeSet<u32>>,
    ) -> Result<(), Failed> {
        // Who leads is known as a replica.
        if self.is_member.is_some() {
            if self.leads.is_some() {
                keep(&mut self.leader, None).await?;
                self.leads = Some(Instant::now());
            } else if self.leader.try_hold().await? {
                tracing::info!("leading");
                self.leads = Some(Instant::now());
            }
        }
        let query = Query::all().within(self.leader.key().namespace.as_deref()).labelled(COUNT);
        let leases = self.cluster.list(&lease_type(), &query).await?;
        let mut leases: BTreeMap<Box<str>, Object> =
            leases.into_iter().map(|lease| (lease.key().name, lease)).collect();
        let others = self.look(&leases).await;
        let member = leases.remove(&self.member.key().name);
        keep(&mut self.member, member).await?;
        self.is_member = Some(Instant::now());

        // Only one leader of our kind decides; while nobody leads, all stays as it is.
        let leader = self.leader.holder();
        let led = leader.is_some_and(|leader| others.alike.contains(leader));
        let foreign = leader.is_some() && !led;
        let mine: BTreeSet<u32> = assign(self.count, &others.alike)
            .into_iter()
            .filter(|(_, to)| *to == self.identity && !foreign)
            .map(|(shard, _)| shard)
            .collect();
        for shard in 0..self.count {
            let elector = &mut self.shards[shard as usize];
            let live = leases.remove(&elector.key().name);
            if self.held.contains_key(&shard) {
                keep(elector, live).await?;
                self.held.insert(shard, Instant::now());
            } else if mine.contains(&shard) && led && !others.mixed {
                if elector.try_hold_as(live).await? {
                    tracing::info!(shard, of = self.count, "shard taken");
                    self.held.insert(shard, Instant::now());
                }
            } else if let Some(live) = live {
                elector.look(&live);
            }
        }
        let may: BTreeSet<u32> = self.held.keys().copied().filter(|shard| mine.contains(shard)).collect();
        let new = Share { leads: self.leads.is_some(), shards: may.clone(), count: self.count };
        share.send_if_modified(|old| {
            let moved = *old != new;
            *old = new;
            moved
        });
        for shard in self.held.keys().copied().filter(|shard| !may.contains(shard)).collect::<Vec<u32>>() {
            if !busy.borrow().contains(&shard) {
                self.shards[shard as usize].give_back().await?;
                tracing::info!(shard, of = self.count, "shard given back");
                self.held.remove(&shard);
            }
        }
        Ok(())
    }

    /// Who is alive, ourselves included. The leader clears away who has long been silent.
    async fn look(&mut self, leases: &BTreeMap<Box<str>, Object>) -> Others {
        let mut others = Others { alike: BTreeSet::from([self.identity.clone()]), mixed: false };
        let ours = self.count.to_string();
        self.seen.retain(|name, _| leases.contains_key(name));
        for (name, lease) in leases {
            let metadata = lease.metadata();
            let sight = self.seen.entry(name.clone()).or_default();
            let silent = sight.look(lease);
            let Some(holder) = sight.holder(self.times.duration) else {
                if self.leads.is_some()
                    && metadata.label(ROLE) == Some("replica")
                    && silent >= self.times.duration * FORGOTTEN
                {
                    let precondition = Precondition {
                        uid: metadata.uid().map(ToOwned::to_owned),
                        resource_version: metadata.resource_version().map(ToOwned::to_owned),
                    };
                    if let Err(error) = self.cluster.delete(&lease_type(), &lease.key(), precondition).await {
                        tracing::debug!(lease = %name, %error, "not cleared away");
                    }
                }
                continue;
            };
            if metadata.label(COUNT) != Some(&ours) {
                others.mixed = true;
            } else if metadata.label(ROLE) == Some("replica") {
                others.alike.insert(holder.into());
            }
        }
        others
    }
}

/// Renews a lease of ours. A write of ours that was answered late looks like another's at first.
async fn keep(elector: &mut Elector, live: Option<Object>) -> Result<(), Failed> {
    let held = live.is_some() && elector.try_hold_as(live).await?;
    if held || elector.try_hold().await? { Ok(()) } else { Err(Failed::taken(elector)) }
}

/// Why a turn came to no end.
enum Failed {
    Lost(Lost),
    /// Tried again, as long as there is time.
    Cluster(Error),
}

impl Failed {
    fn taken(elector: &Elector) -> Self {
        Self::Lost(Lost::Taken(elector.key().name.to_string()))
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Cluster(error)
    }
}
