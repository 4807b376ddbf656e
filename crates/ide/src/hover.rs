//! What is under the cursor: the type of an expression, the schema of a field, the node behind an id.

use crate::{
    Catalog, File,
    expressions::{Found, expressions},
    file::{Manifest, in_value},
    schemas::{describe, schema_at, show, show_call, type_name},
};
use kro_cel::{Signature, Step};
use kro_diagnostic::{Locus, source::Located};
use kro_graph::Scopes;
use kro_object::FieldPath;
use kro_schema::Schema;
use std::{fmt::Write as _, ops::Range, sync::Arc};

/// An explanation of a part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The part.
    pub bytes: Range<usize>,
    /// The explanation.
    pub markdown: String,
}

/// What there is to say about a byte of a file.
pub fn hover(file: &File, byte: usize, catalog: &Catalog) -> Option<Hover> {
    let (manifest, located) = file.locate(byte)?;
    if manifest.is_definition() {
        if let Some((found, offset)) = expression_at(manifest, &located) {
            return expression(file, manifest, &found, offset, catalog);
        }
        if let Some(hover) = id(manifest, &located, catalog) {
            return Some(hover);
        }
    }
    let (gvk, schema) = schema_at(manifest, &located.path, catalog)?;
    let name = located.path.last().map(|segment| match segment {
        kro_object::Segment::Field(name) => name.to_string(),
        kro_object::Segment::Index(index) => format!("[{index}]"),
    })?;
    let title = format!("`{name}`: {} — {} {}", type_name(&schema), gvk.api_version(), gvk.kind);
    Some(Hover { bytes: located.bytes, markdown: format!("{title}{}", describe(&schema)) })
}

/// The expression at a place, with the byte in it.
pub(crate) fn expression_at(manifest: &Manifest, located: &Located) -> Option<(Found, u32)> {
    let at = located.offset.filter(|_| in_value(located))?;
    let mut all = expressions(&manifest.value).into_iter().filter(|found| found.path == located.path);
    let found = all.find(|found| (found.range.start..=found.range.end).contains(&at))?;
    let offset = at - found.range.start;
    Some((found, offset))
}

fn expression(
    file: &File,
    manifest: &Manifest,
    found: &Found,
    offset: u32,
    catalog: &Catalog,
) -> Option<Hover> {
    let scopes = manifest.scopes(catalog)?;
    let env = scopes.env_at(&found.path)?;
    let text = found.path.walk(&manifest.value)?.as_str()?;
    let cel = text.get(found.range.start as usize..found.range.end as usize)?;
    let place = |range: &Range<u32>| {
        file.span(manifest, &Locus::value(found.path.clone()).with_range(found.in_text(range)))
    };
    if let Some((name, range)) = function_at(cel, found, offset) {
        let signatures: Vec<String> = env
            .overloads()
            .filter(|it| it.signature.function == name)
            .map(|it| signature(&it.signature))
            .collect();
        if !signatures.is_empty() {
            let markdown = format!("```cel\n{}\n```", signatures.join("\n"));
            return Some(Hover { bytes: place(&range), markdown });
        }
    }
    let (ast, _) = env.parse(cel);
    let checked = env.check(ast);
    let (range, ty) = checked.type_at(offset)?;
    let part = cel.get(range.start as usize..range.end as usize)?;
    let mut markdown = format!("```cel\n{part}: {}\n```", show(ty));
    if let Some((name, path)) = chain(part) {
        if path.is_empty()
            && let Some((resource, _)) = scopes.node(&name).and_then(|node| node.kind.as_ref())
        {
            let gvk = &resource.gvk;
            let _ = write!(markdown, "\n\nresource `{name}`: {} {}", gvk.api_version(), gvk.kind);
        }
        if let Some(schema) = schema_of(&scopes, &name, &path) {
            markdown.push_str(&describe(&schema));
        }
    }
    Some(Hover { bytes: place(&range), markdown })
}

/// The function whose name a byte of an expression is in, with the place of the name.
fn function_at(cel: &str, found: &Found, offset: u32) -> Option<(String, Range<u32>)> {
    found.uses.functions.iter().find_map(|function| {
        let called = cel.get(function.span.start as usize..function.span.end as usize)?;
        let open = format!("{}(", function.name);
        called.match_indices(&open).find_map(|(at, _)| {
            let start = function.span.start + at as u32;
            let range = start..start + function.name.len() as u32;
            (range.start <= offset && offset <= range.end).then(|| (function.name.clone(), range))
        })
    })
}

/// `receiver.function(parameters) -> result`.
fn signature(signature: &Signature) -> String {
    let receiver = signature.receiver().map(|receiver| format!("{}.", show(receiver))).unwrap_or_default();
    format!("{receiver}{}{}", signature.function, show_call(signature))
}

/// A name with the fields selected from it, if that is all there is.
fn chain(cel: &str) -> Option<(String, Vec<Step>)> {
    let env = kro_graph::environment();
    let (ast, issues) = env.parse(cel);
    let uses = env.references(&ast);
    match uses.names.as_slice() {
        [only] if issues.is_empty() && uses.functions.is_empty() && only.span == (0..cel.len() as u32) => {
            Some((only.name.clone(), only.path.clone()))
        }
        _ => None,
    }
}

fn schema_of(scopes: &Scopes, name: &str, path: &[Step]) -> Option<Schema> {
    let mut schema = Arc::clone(scopes.schema_of(name)?);
    if path.is_empty() {
        return None;
    }
    for step in path {
        schema = match step {
            Step::Field(field) => Arc::clone(schema.field(field)?),
            // The first index into the name of a list gives one of its objects.
            Step::Index(_) if schema.items().is_none() => schema,
            Step::Index(_) => Arc::clone(schema.items()?),
        };
    }
    Some(schema.as_ref().clone())
}

/// The node whose id is under the cursor.
fn id(manifest: &Manifest, located: &Located, catalog: &Catalog) -> Option<Hover> {
    let scopes = manifest.scopes(catalog)?;
    let node = scopes.node_at(&located.path)?;
    let own: FieldPath = located.path.segments().iter().take(3).cloned().collect();
    if located.path != own.join("id") {
        return None;
    }
    let (resource, _) = node.kind.as_ref()?;
    let many = if node.is_list { "many objects" } else { "one object" };
    let gvk = &resource.gvk;
    let markdown = format!("resource `{}`: {} {}, {many}", node.id, gvk.api_version(), gvk.kind);
    Some(Hover { bytes: located.bytes.clone(), markdown })
}
