//! `GraphRevision`: an immutable snapshot of a definition. Refuses to decide when one is due.

use crate::{
    Condition, NodeDependencies, ResourceGraphDefinition, ResourceGraphDefinitionSpec,
    decode::{At, Decoder},
    names::{self, INTERNAL_GROUP, VERSION, labels},
    rgd::{expect_kind, write_graph},
};
use kro_diagnostic::Checked;
use kro_object::{FieldPath, Object};
use serde_json::{Map, Value, json};

/// A revision as read from a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphRevision {
    /// The whole object as it was read.
    pub object: Object,
    /// Its number, from 1.
    pub revision: i64,
    /// What was recorded.
    pub snapshot: Snapshot,
}

/// A definition at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The definition's name.
    pub name: String,
    /// The definition's generation at that moment, for people to read.
    pub generation: i64,
    /// The definition's spec.
    pub spec: ResourceGraphDefinitionSpec,
}

impl GraphRevision {
    /// The kind's name.
    pub const KIND: &str = "GraphRevision";

    /// Reads a revision; problems are reported with their place in the snapshot.
    pub fn decode(object: Object) -> Checked<Self> {
        let mut decoder = Decoder::default();
        let read = decode(&object, &mut decoder);
        Checked {
            value: read.map(|(revision, snapshot)| Self { object, revision, snapshot }),
            diagnostics: decoder.diagnostics,
        }
    }

    /// The object that records a definition's present spec as revision `revision`, owned by the definition.
    pub fn issue(
        definition: &ResourceGraphDefinition,
        revision: i64,
        hash: &str,
        kro_version: &str,
    ) -> Value {
        let metadata = definition.object.metadata();
        let name = metadata.name().unwrap_or_default();
        json!({
            "apiVersion": format!("{INTERNAL_GROUP}/{VERSION}"),
            "kind": Self::KIND,
            "metadata": {
                "name": revision_name(name, revision),
                "labels": {
                    labels::OWNED: "true",
                    labels::KRO_VERSION: kro_version,
                    labels::DEFINITION_NAME: name,
                    labels::REVISION_HASH: hash,
                },
                "ownerReferences": [{
                    "apiVersion": format!("{}/{VERSION}", names::GROUP),
                    "kind": ResourceGraphDefinition::KIND,
                    "name": name,
                    "uid": metadata.uid().unwrap_or_default(),
                    "controller": true,
                }],
            },
            "spec": {
                "revision": revision,
                "snapshot": {
                    "name": name,
                    "generation": metadata.generation().unwrap_or_default(),
                    "spec": definition.spec.to_value(),
                },
            },
        })
    }
}

/// The name of a revision: `web-r00012`.
///
/// Over 253 characters the definition's name is cut and its hash appended, so that two long names stay apart.
pub fn revision_name(definition: &str, revision: i64) -> String {
    const LIMIT: usize = 253;
    let name = format!("{definition}-r{revision:05}");
    if name.len() <= LIMIT {
        return name;
    }
    let suffix = format!("-r{revision:05}-{:08x}", fnv32a(definition.as_bytes()));
    let cut = definition.floor_char_boundary(LIMIT - suffix.len());
    let stem = match definition[..cut].trim_end_matches(['.', '-']) {
        "" => "gr",
        stem => stem,
    };
    format!("{stem}{suffix}")
}

/// What kro reports about a revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphRevisionStatus {
    /// Node ids, dependencies first.
    pub topological_order: Vec<String>,
    /// In the order of [`ConditionSet`](crate::ConditionSet).
    pub conditions: Vec<Condition>,
    /// Nodes that depend on others, in topological order.
    pub resources: Vec<NodeDependencies>,
}

impl GraphRevisionStatus {
    /// The status as stored; empty parts are left out.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        write_graph(&mut map, &self.topological_order, &self.conditions, &self.resources);
        Value::Object(map)
    }
}

fn decode(object: &Object, decoder: &mut Decoder) -> Option<(i64, Snapshot)> {
    expect_kind(object, &format!("{INTERNAL_GROUP}/{VERSION}"), GraphRevision::KIND, decoder);
    let root = Value::Object(object.as_map().clone());
    let root = At { value: &root, path: FieldPath::root() };
    let fields = decoder.fields(root, &["apiVersion", "kind", "metadata", "spec", "status"])?;
    let spec = decoder.required(&fields, "spec")?;
    let spec = decoder.fields(spec, &["revision", "snapshot"])?;
    let revision = decoder.required(&spec, "revision").and_then(|at| {
        let number = decoder.integer(&at)?;
        if number < 1 {
            decoder.refuse(&at, format!("revision {number} is not positive"), "revisions count from 1");
        }
        Some(number)
    });
    let snapshot = decoder.required(&spec, "snapshot")?;
    let snapshot = decoder.fields(snapshot, &["name", "generation", "spec"])?;
    let name = decoder.required(&snapshot, "name").and_then(|at| decoder.string(&at));
    let generation = decoder.required(&snapshot, "generation").and_then(|at| decoder.integer(&at));
    let spec = decoder.required(&snapshot, "spec")?;
    let spec = ResourceGraphDefinitionSpec::decode(spec.value, spec.path).take(&mut decoder.diagnostics);
    Some((revision?, Snapshot { name: name?, generation: generation?, spec: spec? }))
}

/// FNV-1a, 32 bits.
fn fnv32a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_padded() {
        assert_eq!(revision_name("web", 12), "web-r00012");
        assert_eq!(revision_name("web", 123_456), "web-r123456");
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let one = revision_name(&"a".repeat(253), 1);
        let other = revision_name(&format!("{}b", "a".repeat(252)), 1);
        assert_eq!(one.len(), 253);
        assert_ne!(one, other);
        let dotted = revision_name(&format!("{}{}", "a", ".".repeat(252)), 1);
        assert!(dotted.starts_with("a-r00001-"), "{dotted}");
        assert!(revision_name(&".".repeat(253), 1).starts_with("gr-r00001-"));
    }

    #[test]
    fn hash_is_fnv_1a() {
        assert_eq!(fnv32a(b""), 0x811c_9dc5);
        assert_eq!(fnv32a(b"a"), 0xe40c_292c);
    }
}
