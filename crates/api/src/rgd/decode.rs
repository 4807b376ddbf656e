//! JSON to a definition, with the API server's admission rules. Mirrors `crds/kro.run_resourcegraphdefinitions.yaml`.

use super::{
    CrdMetadata, Dimension, ExternalMetadata, ExternalRef, ExternalTarget, PrinterColumn,
    ResourceGraphDefinition, ResourceGraphDefinitionSpec, ResourceOrigin, ResourceSpec, SchemaSpec,
    expect_kind,
};
use crate::{
    decode::{At, Decoder, Fields},
    names::{GROUP, VERSION},
    policy,
};
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::{FieldPath, Object, Scope};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most short names or categories a kind may have.
const NAMES_LIMIT: usize = 32;
/// The longest short name or category, in characters; the longest kind name too.
const NAME_LENGTH: usize = 63;

pub(super) fn document(object: &Object, decoder: &mut Decoder) -> Option<ResourceGraphDefinitionSpec> {
    expect_kind(object, &format!("{GROUP}/{VERSION}"), ResourceGraphDefinition::KIND, decoder);
    let root = FieldPath::root();
    for name in object.as_map().keys() {
        if !["apiVersion", "kind", "metadata", "spec", "status"].contains(&name.as_str()) {
            decoder.error(Diagnostic::warning(
                codes::UNKNOWN_FIELD,
                Locus::key(root.join(name)),
                format!("unknown field {name:?}"),
            ));
        }
    }
    object_name(object, decoder);
    match object.as_value_at("spec") {
        Some(value) if !value.is_null() => {
            let spec = spec(decoder, At { value, path: root.join("spec") });
            let nodes = spec.iter().flat_map(|spec| &spec.resources).map(|resource| resource.id.as_str());
            for diagnostic in policy::check(object, &nodes.collect()) {
                decoder.error(diagnostic);
            }
            spec
        }
        _ => {
            decoder.error(Diagnostic::error(
                codes::MISSING_FIELD,
                Locus::key(root),
                "required field \"spec\" is missing",
            ));
            None
        }
    }
}

fn object_name(object: &Object, decoder: &mut Decoder) {
    let path = FieldPath::root().join("metadata").join("name");
    let Some(value) = object.get(&path).filter(|value| !value.is_null()) else { return };
    let at = At { value, path };
    if let Some(name) = decoder.string(&at)
        && !is_dns_subdomain(&name)
    {
        decoder.refuse(
            &at,
            format!("{name:?} is not a legal object name"),
            "use at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at each end and around dots",
        );
    }
}

pub(super) fn spec(decoder: &mut Decoder, at: At<'_>) -> Option<ResourceGraphDefinitionSpec> {
    let fields = decoder.fields(at, &["schema", "resources"])?;
    let schema = decoder.required(&fields, "schema").and_then(|at| schema(decoder, at));
    let resources = match fields.get("resources") {
        Some(at) => decoder.items(&at).into_iter().map(|item| resource(decoder, item)).collect(),
        None => Vec::new(),
    };
    Some(ResourceGraphDefinitionSpec { schema: schema?, resources })
}

fn schema(decoder: &mut Decoder, at: At<'_>) -> Option<SchemaSpec> {
    let fields = decoder.fields(
        at,
        &[
            "kind",
            "apiVersion",
            "group",
            "scope",
            "spec",
            "types",
            "status",
            "additionalPrinterColumns",
            "shortNames",
            "categories",
            "metadata",
        ],
    )?;
    let kind = decoder.required(&fields, "kind").and_then(|at| {
        let kind = decoder.string(&at)?;
        if !is_kind(&kind) {
            let message = format!("{kind:?} is not a legal kind");
            let help = "start with an upper-case letter and use letters and digits, 63 at most";
            let locus = Locus::value(at.path.clone());
            decoder.error(Diagnostic::error(codes::KIND_NAME, locus, message).with_help(help));
        }
        Some(kind)
    });
    let api_version = decoder.required(&fields, "apiVersion").and_then(|at| {
        let version = decoder.string(&at)?;
        if !is_version(&version) {
            let message = format!("{version:?} is not a legal version");
            decoder.refuse(&at, message, "write the version alone, such as v1, v1beta2 or v1alpha1");
        }
        Some(version)
    });
    let group = fields.get("group").and_then(|at| decoder.string(&at));
    let scope = fields.get("scope").and_then(|at| {
        let scope = decoder.string(&at)?;
        match scope.as_str() {
            "Namespaced" => Some(Scope::Namespaced),
            "Cluster" => Some(Scope::Cluster),
            _ => {
                decoder.refuse(&at, format!("unknown scope {scope:?}"), "use \"Namespaced\" or \"Cluster\"");
                None
            }
        }
    });
    let spec = free_form(decoder, &fields, "spec");
    let types = free_form(decoder, &fields, "types");
    let status = free_form(decoder, &fields, "status");
    let additional_printer_columns = match fields.get("additionalPrinterColumns") {
        Some(at) => decoder.items(&at).into_iter().filter_map(|item| column(decoder, item)).collect(),
        None => Vec::new(),
    };
    let short_names = kind_names(decoder, &fields, "shortNames");
    let categories = kind_names(decoder, &fields, "categories");
    let metadata = fields.get("metadata").and_then(|at| {
        let fields = decoder.fields(at, &["labels", "annotations"])?;
        let mut map = |name| fields.get(name).map(|at| decoder.string_map(&at)).unwrap_or_default();
        Some(CrdMetadata { labels: map("labels"), annotations: map("annotations") })
    });
    Some(SchemaSpec {
        kind: kind?,
        api_version: api_version?,
        group: group.unwrap_or_else(|| GROUP.to_owned()),
        scope: scope.unwrap_or(Scope::Namespaced),
        spec,
        types,
        status,
        additional_printer_columns,
        short_names,
        categories,
        metadata,
    })
}

/// An object whose content the schema does not know.
fn free_form(decoder: &mut Decoder, fields: &Fields<'_>, name: &str) -> Option<Value> {
    let at = fields.get(name)?;
    decoder.object(&at)?;
    Some(at.value.clone())
}

fn column(decoder: &mut Decoder, at: At<'_>) -> Option<PrinterColumn> {
    let fields = decoder.fields(at, &["name", "type", "jsonPath", "format", "description", "priority"])?;
    let mut required = |name| decoder.required(&fields, name).and_then(|at| decoder.string(&at));
    let (name, ty, json_path) = (required("name"), required("type"), required("jsonPath"));
    let mut optional = |name| fields.get(name).and_then(|at| decoder.string(&at));
    let (format, description) = (optional("format"), optional("description"));
    let priority = fields.get("priority").and_then(|at| {
        let number = decoder.integer(&at)?;
        let small = i32::try_from(number).ok();
        if small.is_none() {
            decoder.refuse(
                &at,
                format!("priority {number} is out of range"),
                "use 0, or 1 for `-o wide` only",
            );
        }
        small
    });
    Some(PrinterColumn { name: name?, ty: ty?, json_path: json_path?, format, description, priority })
}

/// Short names or categories: a set of lower-case words.
fn kind_names(decoder: &mut Decoder, fields: &Fields<'_>, name: &str) -> Vec<String> {
    let Some(list) = fields.get(name) else { return Vec::new() };
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    for item in decoder.items(&list) {
        let Some(word) = decoder.string(&item) else { continue };
        if !is_kind_name(&word) {
            let message = format!("{word:?} is not a legal name here");
            decoder.refuse(
                &item,
                message,
                "use lower-case letters, digits and '-', 63 at most, a letter first",
            );
        }
        if !seen.insert(word.clone()) {
            decoder.refuse(&item, format!("{word:?} stands here twice"), "remove one of them");
        }
        names.push(word);
    }
    if names.len() > NAMES_LIMIT {
        decoder.refuse(&list, format!("{} names are too many", names.len()), "keep 32 at most");
    }
    names
}

fn resource(decoder: &mut Decoder, at: At<'_>) -> ResourceSpec {
    let known = ["id", "template", "externalRef", "readyWhen", "includeWhen", "forEach"];
    let Some(fields) = decoder.fields(at, &known) else { return ResourceSpec::unreadable(None) };
    let id = decoder.required(&fields, "id").and_then(|at| decoder.string(&at));
    let template = free_form(decoder, &fields, "template").map(ResourceOrigin::Template);
    let external =
        fields.get("externalRef").and_then(|at| external_ref(decoder, at)).map(ResourceOrigin::External);
    exactly_one(decoder, &fields, ["template", "externalRef"]);
    let mut texts = |name| fields.get(name).map(|at| decoder.strings(&at)).unwrap_or_default();
    let (ready_when, include_when) = (texts("readyWhen"), texts("includeWhen"));
    let dimensions = fields.get("forEach").map(|at| decoder.items(&at)).unwrap_or_default();
    let for_each: Option<Vec<Dimension>> =
        dimensions.iter().map(|item| dimension(decoder, item)).collect::<Vec<_>>().into_iter().collect();
    match (template.or(external), for_each) {
        (Some(origin), Some(for_each)) if id.is_some() => {
            ResourceSpec { id: id.unwrap_or_default(), origin, ready_when, include_when, for_each }
        }
        _ => ResourceSpec::unreadable(id),
    }
}

fn external_ref(decoder: &mut Decoder, at: At<'_>) -> Option<ExternalRef> {
    let fields = decoder.fields(at, &["apiVersion", "kind", "metadata"])?;
    let mut required = |name| decoder.required(&fields, name).and_then(|at| decoder.string(&at));
    let (api_version, kind) = (required("apiVersion"), required("kind"));
    let metadata = decoder.required(&fields, "metadata").and_then(|at| external_metadata(decoder, at));
    Some(ExternalRef { api_version: api_version?, kind: kind?, metadata: metadata? })
}

fn external_metadata(decoder: &mut Decoder, at: At<'_>) -> Option<ExternalMetadata> {
    let fields = decoder.fields(at, &["name", "selector", "namespace"])?;
    let namespace = fields.get("namespace").and_then(|at| decoder.string(&at));
    let name = fields.get("name").and_then(|at| {
        let name = decoder.string(&at)?;
        if name.is_empty() {
            decoder.refuse(&at, "the name is empty", "name the object, or use a selector");
        }
        Some(ExternalTarget::Name(name))
    });
    let selector = fields.get("selector").map(|at| {
        selector(decoder, &at);
        ExternalTarget::Selector(at.value.clone())
    });
    exactly_one(decoder, &fields, ["name", "selector"]);
    Some(ExternalMetadata { namespace, target: name.or(selector)? })
}

/// Checks the shape only: operators and values may be expressions.
fn selector(decoder: &mut Decoder, at: &At<'_>) {
    let Some(fields) = decoder.fields(at.clone(), &["matchLabels", "matchExpressions"]) else { return };
    if let Some(at) = fields.get("matchLabels") {
        decoder.string_map(&at);
    }
    let Some(list) = fields.get("matchExpressions") else { return };
    for item in decoder.items(&list) {
        let Some(fields) = decoder.fields(item, &["key", "operator", "values"]) else { continue };
        for name in ["key", "operator"] {
            if let Some(at) = decoder.required(&fields, name) {
                decoder.string(&at);
            }
        }
        if let Some(at) = fields.get("values") {
            decoder.strings(&at);
        }
    }
}

fn dimension(decoder: &mut Decoder, at: &At<'_>) -> Option<Dimension> {
    let map = decoder.string_map(at);
    let entries = at.value.as_object()?.len();
    if entries != 1 {
        decoder.refuse(
            at,
            format!("an iterator has exactly one variable, found {entries}"),
            "write `- name: ${list}`, one list item for each variable",
        );
    }
    let (name, expression) = map.into_iter().next()?;
    (entries == 1).then_some(Dimension { name, expression })
}

fn exactly_one(decoder: &mut Decoder, fields: &Fields<'_>, [one, other]: [&str; 2]) {
    if fields.get(one).is_some() != fields.get(other).is_some() {
        return;
    }
    decoder.error(Diagnostic::error(
        codes::FIELD_VALUE,
        Locus::value(fields.path.clone()),
        format!("exactly one of {one} or {other} must be provided"),
    ));
}

/// `^[A-Z][a-zA-Z0-9]{0,62}$`
fn is_kind(text: &str) -> bool {
    text.len() <= NAME_LENGTH
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// `^v[0-9]+(alpha[0-9]+|beta[0-9]+)?$`
fn is_version(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = text.strip_prefix('v') else { return false };
    let parts = rest.split_once("alpha").or_else(|| rest.split_once("beta"));
    parts.map_or_else(|| number(rest), |(major, minor)| number(major) && number(minor))
}

/// `^[a-z]([-a-z0-9]*[a-z0-9])?$`
fn is_kind_name(text: &str) -> bool {
    text.len() <= NAME_LENGTH
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && is_dns_label(text)
}

fn is_dns_label(text: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.chars().all(|c| alphanumeric(c) || c == '-')
}

/// RFC 1123, as the API server checks object names.
fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}
