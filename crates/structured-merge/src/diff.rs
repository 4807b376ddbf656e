//! Differences between two objects, field by field, and whom they concern.

use serde_json::Value;

use crate::element::Path;
use crate::ownership::Ownership;
use crate::set::FieldSet;
use crate::types::MergeSchema;

/// How a field differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Only the new object has it.
    Added,
    /// Both have it, with different content.
    Modified,
    /// Only the old object has it.
    Removed,
}

/// One field that differs between two objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'a, M = String> {
    /// The field. Of a branch that only one object has, only the leaves are listed.
    pub path: Path,
    /// How it differs.
    pub change: Change,
    /// Who owns the field, in order; nobody, if it is not owned.
    pub owners: Vec<&'a M>,
}

/// What differs from `old` to `new`, added first, then modified, then removed; and who owns each of the fields.
///
/// With the owners of `new` this tells who made a change, with those of `old` whom it was taken from.
/// The paths of the owners must be of this schema.
pub fn diff<'a, M: Ord>(
    schema: &MergeSchema,
    old: &Value,
    new: &Value,
    owners: &'a Ownership<M>,
) -> Vec<Difference<'a, M>> {
    let changes = schema.compare(old, new);
    let of = |fields: &FieldSet, change| {
        fields.leaves().paths().into_iter().map(move |path| Difference {
            owners: owners.iter().filter(|(_, o)| o.fields.contains(&path)).map(|(m, _)| m).collect(),
            path,
            change,
        })
    };
    let added = of(&changes.added, Change::Added);
    let modified = of(&changes.modified, Change::Modified);
    added.chain(modified).chain(of(&changes.removed, Change::Removed)).collect()
}
