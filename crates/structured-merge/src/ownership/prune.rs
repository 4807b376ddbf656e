//! What an applier lets go of: removes fields that it applied last time, does not apply now, and nobody else owns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::set::FieldSet;
use crate::types::MergeSchema;

use super::{Error, Owner, Ownership, Updater};

impl Updater<'_> {
    /// The merged object of `version` without what `manager` let go of; `None` if there is nothing to remove.
    /// `owners` hold what the manager applies now, `last` what it applied before.
    pub(super) fn prune<M: Ord>(
        &self,
        merged: &Value,
        version: &str,
        owners: &Ownership<M>,
        manager: &M,
        last: &Owner,
    ) -> Result<Option<Value>, Error<M>> {
        // A configuration owns all that leads to its items, so what it still holds cannot be lost with a parent.
        let still_held = owners.get(manager).is_some_and(|now| last.fields.is_subset(&now.fields));
        if last.version == version && still_held {
            return Ok(None);
        }
        let in_last = if last.version == version {
            Cow::Borrowed(merged)
        } else {
            Cow::Owned(self.convert(merged, &last.version, "merged object to last applied version")?)
        };
        let schema = self.schema(&last.version)?;
        let let_go = schema.with_named_fields(&last.fields);
        let all = schema.named_fields_without(&in_last, &FieldSet::new());
        let kept = self.kept(schema, &in_last, &last.version, &let_go, &all, owners)?;
        let gone = all.difference(&kept).intersection(&let_go);
        let mut pruned = in_last.into_owned();
        schema.remove(&mut pruned, &gone);
        if last.version != version {
            pruned = self.convert(&pruned, version, "pruned object")?;
        }
        Ok((pruned != *merged).then_some(pruned))
    }

    /// Fields of `merged` (of `version`) that stay although `let_go` leaves the object, because somebody owns them;
    /// with the declared fields that lead to them. `all` are those of `merged`.
    fn kept<M: Ord>(
        &self,
        schema: &MergeSchema,
        merged: &Value,
        version: &str,
        let_go: &FieldSet,
        all: &FieldSet,
        owners: &Ownership<M>,
    ) -> Result<FieldSet, Error<M>> {
        let mut owned: BTreeMap<&str, FieldSet> = BTreeMap::new();
        for owner in owners.values() {
            let fields = owned.entry(&owner.version).or_default();
            *fields = fields.union(&owner.fields);
        }
        // The last version comes first, since fields that others lack may be needed to convert.
        let mut gone = goes(schema, merged, let_go, all, &owned.remove(version).unwrap_or_default());
        let (mut at, mut merged) = ((schema, version), Cow::Borrowed(merged));
        for (other, owned) in owned {
            let rest = self.without(at.0, &merged, &gone, other)?;
            merged = Cow::Owned(self.convert(&merged, other, "merged object")?);
            at = (self.schema(other)?, other);
            let rest = at.0.named_fields_without(&rest, &FieldSet::new());
            let owned = at.0.with_named_fields(&owned);
            let all = at.0.named_fields_without(&merged, &FieldSet::new());
            gone = all.difference(&rest.union(&owned));
        }
        if at.1 == version {
            return Ok(schema.named_fields_without(&merged, &gone));
        }
        let rest = self.without(at.0, &merged, &gone, version)?;
        Ok(schema.named_fields_without(&rest, &FieldSet::new()))
    }

    /// The object without these fields, in another version.
    fn without<M>(
        &self,
        schema: &MergeSchema,
        object: &Value,
        gone: &FieldSet,
        version: &str,
    ) -> Result<Value, Error<M>> {
        let mut object = object.clone();
        schema.remove(&mut object, gone);
        self.convert(&object, version, "pruned object")
    }
}

/// What leaves the object, whose fields are `all`, if `let_go` does but `owned` stays.
fn goes(
    schema: &MergeSchema,
    merged: &Value,
    let_go: &FieldSet,
    all: &FieldSet,
    owned: &FieldSet,
) -> FieldSet {
    let rest = schema.named_fields_without(merged, let_go);
    all.difference(&rest.union(&schema.with_named_fields(owned)))
}
