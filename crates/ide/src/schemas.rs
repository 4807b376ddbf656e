//! Which schema governs a place of a document: kro's own for definitions, the kind's in templates and other objects.
//! Also says in words what a schema asks for.

use crate::{Catalog, file::Manifest};
use kro_cel::{Signature, Type};
use kro_object::{FieldPath, Gvk, Segment};
use kro_schema::{Kind, Schema};
use serde_json::Value;
use std::{
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

/// The schema of a ResourceGraphDefinition.
static DEFINITION: LazyLock<Schema> = LazyLock::new(|| {
    let [definitions, _] = kro_api::manifests();
    let value = Value::Object(definitions.as_map().clone());
    let schema = value.pointer("/spec/versions/0/schema/openAPIV3Schema").expect("invariant: our CRD");
    Schema::from_json(schema).expect("invariant: a test reads our CRD")
});

/// The kind of the template around a place of a definition, with the path inside of the template.
pub(crate) fn template_at(manifest: &Manifest, path: &FieldPath) -> Option<(Gvk, FieldPath)> {
    let [Segment::Field(spec), Segment::Field(list), Segment::Index(index), Segment::Field(field), rest @ ..] =
        path.segments()
    else {
        return None;
    };
    if &**spec != "spec" || &**list != "resources" || !manifest.is_definition() {
        return None;
    }
    let object = manifest.value.pointer(&format!("/spec/resources/{index}/{field}"))?;
    ["template", "externalRef"].contains(&&**field).then_some(())?;
    Some((kind_of(object)?, rest.iter().cloned().collect()))
}

/// The kind that an object names.
pub(crate) fn kind_of(object: &Value) -> Option<Gvk> {
    let text = |field: &str| object.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    Gvk::from_api_version(text("apiVersion")?, text("kind")?).ok()
}

/// The schema of a place, with the kind it is of.
pub(crate) fn schema_at(
    manifest: &Manifest,
    path: &FieldPath,
    catalog: &Catalog,
) -> Option<(Gvk, Arc<Schema>)> {
    let of_kind = |gvk: Gvk, path: &FieldPath| {
        let (_, schema) = catalog.find(&gvk)?.ok()?;
        Some((gvk, Arc::new(schema.at(path)?.clone())))
    };
    if let Some((gvk, rest)) = template_at(manifest, path) {
        // Of an external reference only the name is written, in kro's own form.
        let external = path.segments().get(3) == Some(&Segment::from("externalRef"));
        if !external {
            return of_kind(gvk, &rest);
        }
    }
    let gvk = kind_of(&manifest.value)?;
    if manifest.is_definition() {
        return Some((gvk, Arc::new(DEFINITION.at(path)?.clone())));
    }
    of_kind(gvk, path)
}

/// A type in a few words.
pub(crate) fn type_name(schema: &Schema) -> String {
    match &schema.kind {
        Kind::Array { items } => format!("[]{}", type_name(items)),
        Kind::Object { properties, additional: Some(values), .. } if properties.is_empty() => {
            format!("map[string]{}", type_name(values))
        }
        Kind::IntOrString => "integer or string".to_owned(),
        Kind::Any => "any".to_owned(),
        _ => schema.type_name().to_owned(),
    }
}

/// What a schema says about its value beyond the type, as Markdown lines.
pub(crate) fn describe(schema: &Schema) -> String {
    let mut out = String::new();
    if let Some(description) = &schema.description {
        let _ = write!(out, "\n\n{description}");
    }
    let constraints = &schema.constraints;
    let mut facts = Vec::new();
    if let Some(default) = &schema.default {
        facts.push(format!("default: `{default}`"));
    }
    if !constraints.allowed.is_empty() {
        let allowed: Vec<String> = constraints.allowed.iter().map(|value| format!("`{value}`")).collect();
        facts.push(format!("one of {}", allowed.join(", ")));
    }
    if let Some(pattern) = &constraints.pattern {
        facts.push(format!("pattern: `{}`", pattern.as_str()));
    }
    if let Some(format) = &constraints.format {
        facts.push(format!("format: {format}"));
    }
    let number = |limit: &Option<serde_json::Number>| limit.as_ref().map(ToString::to_string);
    let limits = [
        ("at least", number(&constraints.minimum)),
        ("at most", number(&constraints.maximum)),
        ("characters at least", constraints.min_length.map(|it| it.to_string())),
        ("characters at most", constraints.max_length.map(|it| it.to_string())),
        ("items at least", constraints.min_items.map(|it| it.to_string())),
        ("items at most", constraints.max_items.map(|it| it.to_string())),
    ];
    facts.extend(limits.into_iter().filter_map(|(word, limit)| Some(format!("{word} {}", limit?))));
    for fact in facts {
        let _ = write!(out, "\n\n{fact}");
    }
    out
}

/// A CEL type as people call it: structs by what they are, not by the name of their type.
pub(crate) fn show(ty: &Type) -> String {
    match ty {
        Type::Struct(_) => "object".to_owned(),
        Type::List(item) => format!("list({})", show(item)),
        Type::Map(key, value) => format!("map({}, {})", show(key), show(value)),
        Type::Optional(inner) => format!("optional({})", show(inner)),
        other => other.to_string(),
    }
}

/// The parameters and the result of a function: `(string, int) -> bool`.
pub(crate) fn show_call(signature: &Signature) -> String {
    let parameters: Vec<String> = signature.arguments().iter().map(show).collect();
    format!("({}) -> {}", parameters.join(", "), show(&signature.result))
}

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_schema_is_read() {
        let spec = super::DEFINITION.property("spec").expect("a spec");
        assert!(spec.property("resources").is_some_and(|list| list.items().is_some()));
    }
}
