//! Whether a node is ready, from what was observed. Expressions see objects as they are, without their schema.

use crate::{
    evaluate::{Failure, Locals, shown},
    kstatus,
    pass::{Pass, Standing},
};
use kro_graph::{Expression, NodeId, NodeKind};
use serde_json::Value;

/// Why a node is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotReady {
    /// Not yet.
    Waiting(String),
    /// Never, as things are.
    Failed(String),
}

impl Pass {
    /// Whether a node is ready. An excluded one is: nobody waits for it.
    pub(crate) fn ready(&self, id: &NodeId) -> Result<(), NotReady> {
        if self.is_excluded(id) {
            return Ok(());
        }
        let node = self.node(id);
        let Some(observed) = self.observed.get(id) else {
            return Err(NotReady::Waiting("nothing was observed of it yet".to_owned()));
        };
        let by_kind = node.ready_when.is_empty() && self.kstatus.contains(id);
        let judged = |object: &Value, item: Option<usize>| {
            let place = item.map(|index| format!(" (item {index})")).unwrap_or_default();
            match kstatus::unsettled(object).filter(|_| by_kind) {
                Some(why) => Err(NotReady::Waiting(format!("not settled{place}: {why}"))),
                None => Ok(()),
            }
        };
        let items = observed.as_array().map_or(&[][..], Vec::as_slice);
        match node.kind {
            NodeKind::Resource | NodeKind::External => {
                judged(observed, None)?;
                self.all_hold(id, &node.ready_when, &[(id.as_str(), observed)], None)
            }
            NodeKind::Collection { .. } => {
                let track = self.track(id);
                if !matches!(track.standing, Standing::Resolved | Standing::Seen) {
                    return Err(NotReady::Waiting("the collection is not expanded yet".to_owned()));
                }
                let (seen, wanted) = (items.len(), track.desired.len());
                if seen < wanted {
                    return Err(NotReady::Waiting(format!("{seen} of {wanted} objects are there")));
                }
                items.iter().enumerate().try_for_each(|(index, item)| {
                    judged(item, Some(index))?;
                    self.all_hold(id, &node.ready_when, &[("each", item)], Some(index))
                })
            }
            NodeKind::ExternalCollection => items.iter().enumerate().try_for_each(|(index, item)| {
                judged(item, Some(index))?;
                let locals = [("each", item), (id.as_str(), observed)];
                self.all_hold(id, &node.ready_when, &locals, Some(index))
            }),
        }
    }

    fn all_hold(
        &self,
        id: &NodeId,
        conditions: &[Expression],
        locals: Locals<'_, '_>,
        item: Option<usize>,
    ) -> Result<(), NotReady> {
        let place = item.map(|index| format!(" (item {index})")).unwrap_or_default();
        for condition in conditions {
            let text = shown(condition);
            match self.resolve(condition, locals) {
                Ok(Some(Value::Bool(true))) => {}
                Ok(Some(Value::Bool(false) | Value::Null)) => {
                    return Err(NotReady::Waiting(format!("readyWhen is false{place}: {text:?}")));
                }
                Ok(_) => {
                    return Err(NotReady::Failed(format!(
                        "node \"{id}\": readyWhen is no boolean{place}: {text:?}"
                    )));
                }
                Err(Failure::Pending(error)) => {
                    return Err(NotReady::Waiting(format!("readyWhen lacks data{place}: {error}")));
                }
                Err(Failure::Fatal(error)) => {
                    return Err(NotReady::Failed(format!("node \"{id}\": readyWhen{place}: {error}")));
                }
            }
        }
        Ok(())
    }
}
