//! Fields of objects that never change, filled from fields of the instance that may.

use super::{chain, definition_of};
use crate::{Graph, Name, Node};
use kro_cel::Step;
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::{FieldPath, Gvk, Segment};
use kro_schema::Schema;
use std::sync::Arc;

/// Fields of built-in kinds whose changes the API server refuses: its validation of updates says so, no schema does.
const FIXED: [(&str, &str, &[&str]); 15] = [
    ("apps", "DaemonSet", &["spec.selector"]),
    ("apps", "Deployment", &["spec.selector"]),
    ("apps", "ReplicaSet", &["spec.selector"]),
    (
        "apps",
        "StatefulSet",
        &["spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"],
    ),
    ("batch", "Job", &["spec.completionMode", "spec.podFailurePolicy", "spec.selector", "spec.template"]),
    (
        "",
        "PersistentVolumeClaim",
        &["spec.accessModes", "spec.dataSource", "spec.selector", "spec.storageClassName", "spec.volumeMode"],
    ),
    ("", "Secret", &["type"]),
    ("networking.k8s.io", "IngressClass", &["spec.controller"]),
    ("node.k8s.io", "RuntimeClass", &["handler"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    ("scheduling.k8s.io", "PriorityClass", &["preemptionPolicy", "value"]),
    ("storage.k8s.io", "CSIDriver", &["spec.attachRequired", "spec.volumeLifecycleModes"]),
    ("storage.k8s.io", "StorageClass", &["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"]),
    ("storage.k8s.io", "VolumeAttributesClass", &["driverName", "parameters"]),
];

fn is_fixed(gvk: &Gvk, path: &[Segment]) -> bool {
    let of_kind = |(group, kind, _): &&(&str, &str, _)| *gvk.group == **group && *gvk.kind == **kind;
    let starts = |field: &str| {
        let mut names = field.split('.').zip(path);
        field.split('.').count() <= path.len()
            && names.all(|(name, segment)| matches!(segment, Segment::Field(it) if **it == *name))
    };
    FIXED.iter().find(of_kind).is_some_and(|(_, _, fields)| fields.iter().any(|field| starts(field)))
}

/// What the name and the namespace of the object are made of.
fn identity(node: &Node) -> Vec<Vec<Step>> {
    let is_identity =
        |path: &FieldPath| ["metadata.name", "metadata.namespace"].contains(&&*path.to_string());
    let holes = node.template.holes.iter().filter(|hole| is_identity(&hole.path));
    let references = holes.flat_map(|hole| &hole.expression.references).filter(|it| it.name == Name::Schema);
    references.flat_map(|reference| reference.paths.iter().cloned()).collect()
}

/// Fields that never change, filled from fields of the instance that may.
pub(super) fn check(graph: &Graph, node: &Node, found: &mut Vec<Diagnostic>) {
    let identity = identity(node);
    for hole in &node.template.holes {
        let segments = hole.path.segments();
        if !never_changes(&node.schema, segments) && !is_fixed(&node.resource.gvk, segments) {
            continue;
        }
        let reads = hole.expression.references.iter().filter(|it| it.name == Name::Schema);
        for path in reads.flat_map(|reference| &reference.paths) {
            let steps: Vec<Segment> = chain::segments(path);
            let is_spec = matches!(steps.first(), Some(Segment::Field(name)) if &**name == "spec");
            // With another name or namespace it is another object.
            if !is_spec
                || steps.len() < 2
                || identity.contains(path)
                || never_changes(&graph.instance.view, &steps)
            {
                continue;
            }
            let field: FieldPath = steps.into_iter().collect();
            let message =
                format!("`{}` of {} cannot change, `schema.{field}` can", hole.path, node.resource.gvk.kind);
            found.push(
                Diagnostic::warning(codes::IMMUTABLE_FIELD, hole.expression.locus.clone(), message)
                    .with_related(Locus::key(definition_of(&field)), "this field may be changed")
                    .with_help("mark the field `immutable=true`, or expect the update to be refused"),
            );
        }
    }
}

/// Whether a rule forbids to change the field, or an object it stands in.
fn never_changes(schema: &Arc<Schema>, path: &[Segment]) -> bool {
    let fixed = |schema: &Schema| {
        schema.rules.iter().any(|rule| {
            let text: String = rule.rule.split_whitespace().collect();
            matches!(text.as_str(), "self==oldSelf" | "oldSelf==self")
        })
    };
    let mut schema = schema;
    for segment in path {
        let next = match segment {
            Segment::Field(name) => schema.field(name),
            Segment::Index(_) => schema.items(),
        };
        match next {
            Some(next) if fixed(next) => return true,
            Some(next) => schema = next,
            None => return false,
        }
    }
    false
}
