//! One writer among several: leader election on a `coordination.k8s.io/v1` Lease by client-go's rules.
//! Another holder's lease counts as expired a whole lease duration after *we* last saw it change, so clocks
//! need not agree. Refuses to guess: an error while renewing counts against the renew deadline.

use crate::{Clock, Cluster, Error};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::{Value, json};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Times of an election; the defaults are client-go's.
#[derive(Debug, Clone)]
pub struct LeaseTimes {
    /// How long others wait after the holder's last renewal.
    pub duration: Duration,
    /// The holder gives up when it could not renew for this long.
    pub renew_deadline: Duration,
    /// Pause between tries.
    pub retry_period: Duration,
}

impl Default for LeaseTimes {
    fn default() -> Self {
        Self {
            duration: Duration::from_secs(15),
            renew_deadline: Duration::from_secs(10),
            retry_period: Duration::from_secs(2),
        }
    }
}

/// Somebody else holds the lease now, or it could not be renewed in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease was lost")]
pub struct LeaseLost;

/// A lease as last seen, and since when it has looked so.
#[derive(Debug, Default)]
pub(crate) struct Sight(Option<(Value, Instant)>);

impl Sight {
    /// Looks at what the lease says now. Returns for how long it has said so.
    pub(crate) fn look(&mut self, lease: &Object) -> Duration {
        let spec = lease.as_map().get("spec").unwrap_or(&Value::Null);
        match &self.0 {
            Some((seen, since)) if seen == spec => since.elapsed(),
            _ => {
                self.0 = Some((spec.clone(), Instant::now()));
                Duration::ZERO
            }
        }
    }

    /// Who held it then; `None` when nobody did, or nobody has renewed it for `duration`.
    pub(crate) fn holder(&self, duration: Duration) -> Option<&str> {
        let (spec, since) = self.0.as_ref()?;
        spec["holderIdentity"].as_str().filter(|holder| !holder.is_empty() && since.elapsed() < duration)
    }
}

/// A candidate for a lease.
#[derive(Debug)]
pub struct Elector {
    cluster: Cluster,
    lease: ObjectKey,
    identity: String,
    times: LeaseTimes,
    clock: Arc<dyn Clock>,
    labels: Value,
    sight: Sight,
}

impl Elector {
    /// A candidate called `identity`, which must differ between processes.
    pub fn new(
        cluster: Cluster,
        lease: ObjectKey,
        identity: String,
        times: LeaseTimes,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { cluster, lease, identity, times, clock, labels: Value::Null, sight: Sight::default() }
    }

    /// The lease carries these labels.
    pub(crate) fn labelled(mut self, labels: Value) -> Self {
        self.labels = labels;
        self
    }

    /// Resolves once this candidate holds the lease. Errors are logged and tried again.
    pub async fn acquire(&mut self) -> Leadership<'_> {
        loop {
            match self.try_hold().await {
                Ok(true) => return Leadership { elector: self },
                Ok(false) => {}
                Err(error) => tracing::warn!(lease = %self.lease.name, %error, "cannot acquire the lease"),
            }
            tokio::time::sleep(self.times.retry_period).await;
        }
    }

    /// Runs `work` once this candidate holds the lease, and gives the lease back after it; `work` must end by itself
    /// on `shutdown`. When the lease is lost, `work` is dropped where it is.
    pub async fn lead(
        mut self,
        work: impl Future<Output = ()>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), LeaseLost> {
        tracing::info!("waiting for the lease");
        let mut leadership = tokio::select! {
            biased;
            () = shutdown => return Ok(()),
            leadership = self.acquire() => leadership,
        };
        tracing::info!("leading");
        tokio::select! {
            biased;
            () = work => {
                leadership.release().await;
                Ok(())
            }
            () = leadership.hold() => Err(LeaseLost),
        }
    }

    /// One try to take or renew the lease; false when somebody else holds it.
    pub(crate) async fn try_hold(&mut self) -> Result<bool, Error> {
        let live = self.cluster.get(&lease_type(), &self.lease).await?;
        self.try_hold_as(live).await
    }

    /// The same, of a lease that was read a moment ago; false also when it has changed since.
    pub(crate) async fn try_hold_as(&mut self, live: Option<Object>) -> Result<bool, Error> {
        let resource = lease_type();
        let now = self.clock.now().to_rfc3339_micro();
        let Some(live) = live else {
            let lease = self.lease_object(&Value::Null, &now, true, 0);
            return match self.cluster.create(&resource, &lease).await {
                Ok(lease) => {
                    self.sight.look(&lease);
                    Ok(true)
                }
                Err(error) if error.is_already_exists() => Ok(false),
                Err(error) => Err(error),
            };
        };
        self.sight.look(&live);
        let holder = self.sight.holder(self.times.duration);
        let ours = holder == Some(&self.identity);
        if !ours && holder.is_some() {
            return Ok(false);
        }
        let live = live.into_value();
        let transitions = live["spec"]["leaseTransitions"].as_i64().unwrap_or(0) + i64::from(!ours);
        let lease = self.lease_object(&live, &now, !ours, transitions);
        match self.cluster.update(&resource, &lease).await {
            Ok(lease) => {
                self.sight.look(&lease);
                Ok(true)
            }
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Looks at the lease without wanting it.
    pub(crate) fn look(&mut self, live: &Object) {
        self.sight.look(live);
    }

    /// Who held the lease when it was last looked at.
    pub(crate) fn holder(&self) -> Option<&str> {
        self.sight.holder(self.times.duration)
    }

    /// Which lease.
    pub(crate) fn key(&self) -> &ObjectKey {
        &self.lease
    }

    /// Gives the lease back, so that the next candidate need not wait for it to expire.
    pub(crate) async fn give_back(&self) -> Result<(), Error> {
        let patch = json!({"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}});
        self.cluster.merge(&lease_type(), &self.lease, crate::Part::Main, &patch).await.map(|_| ())
    }

    fn lease_object(&self, live: &Value, now: &str, acquired: bool, transitions: i64) -> Object {
        let mut lease = Object::new(&lease_type().gvk, &self.lease).into_value();
        if let Some(version) = live.pointer("/metadata/resourceVersion") {
            lease["metadata"]["resourceVersion"] = version.clone();
        }
        if self.labels.is_object() {
            lease["metadata"]["labels"] = self.labels.clone();
        }
        let acquire_time = live.pointer("/spec/acquireTime").filter(|_| !acquired).cloned();
        lease["spec"] = json!({
            "holderIdentity": self.identity,
            "leaseDurationSeconds": self.times.duration.as_secs(),
            "acquireTime": acquire_time.unwrap_or_else(|| now.into()),
            "renewTime": now,
            "leaseTransitions": transitions,
        });
        Object::from_value(lease).expect("invariant: built as an object")
    }
}

/// The lease is ours, as long as [`Leadership::hold`] runs.
#[derive(Debug)]
pub struct Leadership<'a> {
    elector: &'a mut Elector,
}

impl Leadership<'_> {
    /// Renews the lease until it is lost; run it beside the work it protects.
    pub async fn hold(&mut self) {
        let times = self.elector.times.clone();
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(times.retry_period).await;
            let left = times.renew_deadline.saturating_sub(renewed.elapsed());
            match tokio::time::timeout(left, self.elector.try_hold()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => {
                    // Either a conflicting write of ours or another holder: look again at once.
                    if !matches!(self.elector.try_hold().await, Ok(true)) {
                        return;
                    }
                    renewed = Instant::now();
                }
                Ok(Err(error)) => tracing::warn!(%error, "cannot renew the lease"),
                Err(_) => return,
            }
            if renewed.elapsed() >= times.renew_deadline {
                return;
            }
        }
    }

    /// Gives the lease back, so that the next candidate need not wait for it to expire.
    pub async fn release(self) {
        if let Err(error) = self.elector.give_back().await {
            tracing::warn!(%error, "cannot release the lease");
        }
    }
}

pub(crate) fn lease_type() -> ResourceType {
    ResourceType {
        gvk: Gvk { group: "coordination.k8s.io".into(), version: "v1".into(), kind: "Lease".into() },
        plural: "leases".into(),
        scope: Scope::Namespaced,
    }
}
