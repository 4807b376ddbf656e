//! Status of the generated kind: its fields, each an expression, and the schema that follows from their types.

use crate::{
    Hole, Located,
    draft::Draft,
    environment,
    extract::path,
    link::{Names, Place},
    typing::Typing,
};
use kro_cel::{Type, Types};
use kro_cel_k8s::schema_of;
use kro_diagnostic::{Diagnostic, codes};
use kro_object::{FieldPath, Segment};
use kro_schema::{Kind, Schema};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The fields of a status block, linked. The author's conditions, at the top, are left out.
pub(crate) fn read(
    status: &Located<Value>,
    names: &Names<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<(FieldPath, Draft)> {
    let mut leaves = Vec::new();
    if let Value::Object(map) = &status.value {
        for (key, value) in map.iter().filter(|(key, _)| *key != "conditions") {
            walk(value, path(["status"]).join(key), &mut leaves);
        }
    }
    let mut drafts = Vec::new();
    for (leaf, value) in leaves {
        let place = status.path.concat(&leaf.segments()[1..].iter().cloned().collect());
        let before = found.len();
        let text = value.as_str();
        let Some(mut draft) = text.and_then(|text| Draft::read(text, &place, environment::base(), found))
        else {
            if found.len() == before {
                let message = format!("status fields without expressions are not supported: `{leaf}`");
                found.push(
                    Diagnostic::error(codes::STATUS_LITERAL, place.into(), message)
                        .with_help("refer to a resource or to `schema`, or remove the field"),
                );
            }
            continue;
        };
        names.link(&mut draft, Place::Status, found);
        if !draft.broken && draft.references.is_empty() {
            let message = "a status field must refer to a resource or to `schema`";
            let problem = Diagnostic::error(codes::STATUS_CONSTANT, draft.whole(), message);
            draft.report(problem, found);
        }
        drafts.push((leaf, draft));
    }
    drafts
}

fn walk<'v>(value: &'v Value, path: FieldPath, leaves: &mut Vec<(FieldPath, &'v Value)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, child)| walk(child, path.join(key), leaves)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, path.join(index), leaves));
        }
        leaf => leaves.push((path, leaf)),
    }
}

/// Checks the fields.
pub(crate) fn compile(
    drafts: Vec<(FieldPath, Draft)>,
    typing: &Typing,
    found: &mut Vec<Diagnostic>,
) -> Vec<Hole> {
    let compile = |(path, draft): (FieldPath, Draft)| {
        let expression = draft.compile(typing, &[], |_| None, found)?;
        Some(Hole { path, expression, expected: Type::Dyn })
    };
    drafts.into_iter().filter_map(compile).collect()
}

/// The schema of the status: the author's fields, and `state` and `conditions` unless the author has them.
pub(crate) fn schema(holes: &[Hole], types: &dyn Types) -> Schema {
    let mut root = Tree::default();
    for hole in holes {
        let leaf = schema_of(hole.expression.program.result_type(), types);
        root.insert(&hole.path.segments()[1..], leaf);
    }
    let mut schema = match root.into_schema() {
        schema @ Schema { kind: Kind::Object { .. }, .. } => schema,
        _ => Schema::object::<Arc<str>>([]),
    };
    if let Kind::Object { properties, .. } = &mut schema.kind {
        properties.entry("state".into()).or_insert_with(|| Arc::new(Schema::new(Kind::String)));
        properties.entry("conditions".into()).or_insert_with(|| Arc::new(conditions()));
    }
    schema
}

fn conditions() -> Schema {
    let text = || Schema::new(Kind::String);
    let mut fields: Vec<(&str, Schema)> =
        ["type", "status", "reason", "message", "lastTransitionTime"].map(|name| (name, text())).into();
    fields.push(("observedGeneration", Schema::new(Kind::Integer)));
    Schema::array(Schema::object(fields))
}

/// Schemas by path. All items of a list share one schema: that of the last one.
#[derive(Default)]
enum Tree {
    #[default]
    Empty,
    Leaf(Box<Schema>),
    Object(BTreeMap<Arc<str>, Tree>),
    Items(Box<Tree>),
}

impl Tree {
    fn insert(&mut self, path: &[Segment], leaf: Schema) {
        let Some((first, rest)) = path.split_first() else {
            *self = Self::Leaf(Box::new(leaf));
            return;
        };
        match (first, &mut *self) {
            (Segment::Field(name), Self::Object(fields)) => {
                fields.entry(Arc::from(&**name)).or_default().insert(rest, leaf);
            }
            (Segment::Index(_), Self::Items(item)) => item.insert(rest, leaf),
            (Segment::Field(_), _) => {
                *self = Self::Object(BTreeMap::new());
                self.insert(path, leaf);
            }
            (Segment::Index(_), _) => {
                *self = Self::Items(Box::default());
                self.insert(path, leaf);
            }
        }
    }

    fn into_schema(self) -> Schema {
        match self {
            Self::Empty => Schema::default(),
            Self::Leaf(schema) => *schema,
            Self::Object(fields) => {
                Schema::object(fields.into_iter().map(|(name, tree)| (name, tree.into_schema())))
            }
            Self::Items(item) => Schema::array(item.into_schema()),
        }
    }
}
