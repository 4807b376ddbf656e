//! Everything around expressions: templates, fields of SimpleSchema, YAML, values in texts, whole definitions.

use kro_api::ResourceGraphDefinition;
use kro_cel_k8s::net::{Cidr, Ip, Mapped};
use kro_diagnostic::source::{Document, Sources, Style};
use kro_graph::{CompileOptions, Limits, bounds::bounds, render, sample, spec_hash, template::Text};
use kro_ide::{Catalog, compile_all};
use kro_object::{FieldPath, Object, Quantity, Timestamp};

use crate::text_of;

/// The expressions of a template lie in it, and what it stands for keeps them.
pub(crate) fn template(data: &[u8]) {
    let text = text_of(data);
    match kro_graph::template::read(&text) {
        Err(nested) => {
            assert!(text[nested.at..].starts_with("${"), "the nested expression is not where it is said");
        }
        Ok(Text::Plain) => {}
        Ok(Text::Whole(inner)) => assert_eq!(format!("${{{inner}}}"), text),
        Ok(Text::Mixed(mixed)) => {
            let lowered = mixed.lower();
            for expression in mixed.expressions() {
                assert!(text.contains(expression) && lowered.cel.contains(expression));
            }
            for start in (0..lowered.cel.len() as u32).step_by(7) {
                let place = lowered.locate(start..start + 3);
                assert!(place.start <= place.end && place.end as usize <= text.len(), "{place:?} is outside");
            }
        }
    }
}

/// Every text is a field, or an error with a place inside of it.
pub(crate) fn simple_schema(data: &[u8]) {
    let text = text_of(data);
    if let Err(error) = kro_simple_schema::parse_field(&text) {
        let (start, end) = (error.range.start as usize, error.range.end as usize);
        assert!(start <= end && end <= text.len(), "{error:?} lies outside of the text");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end), "{error:?} cuts a character");
    }
    let spec = serde_json::json!({"field": text, "other": {"inner": text}});
    let _ = kro_simple_schema::to_openapi(&spec, &serde_json::Value::Null, &FieldPath::root());
}

/// Every text is read to documents and findings that can be shown.
pub(crate) fn yaml(data: &[u8]) {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text_of(data));
    let read = sources.documents(file);
    let _ = sources.render_file(file, &read.diagnostics, Style::Plain);
    for document in read.value.iter().flatten() {
        let _ = document.to_value();
    }
}

/// Values in texts: what is read prints, and what is printed reads as the same.
pub(crate) fn values(data: &[u8]) {
    let text = text_of(data);
    if let Ok(quantity) = text.parse::<Quantity>() {
        let printed = quantity.to_string();
        assert!(printed.parse::<Quantity>().is_ok_and(|again| again == quantity), "{text} became {printed}");
        let _ = (
            quantity.as_i64(),
            quantity.to_f64(),
            quantity.checked_add(&quantity),
            quantity.checked_sub(&quantity),
        );
    }
    if let Ok(path) = text.parse::<FieldPath>() {
        let printed = path.to_string();
        assert_eq!(printed.parse::<FieldPath>().as_ref(), Ok(&path), "{text} became {printed}");
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        assert_eq!(time.to_rfc3339().parse::<Timestamp>().map(Timestamp::to_rfc3339), Ok(time.to_rfc3339()));
    }
    if let Some(span) = kro_cel::Duration::parse(&text) {
        let printed = span.to_string();
        assert!(
            kro_cel::Duration::parse(&printed).is_some_and(|again| again == span),
            "{text} became {printed}"
        );
    }
    let _ = kro_gotext::duration::parse(&text);
    let _ = kro_cel_k8s::url::Url::parse(&text).map(|url| (url.escaped_path().to_owned(), url.query()));
    let _ = kro_cel_k8s::semver::Semver::parse(&text);
    let _ = kro_cel_k8s::semver::Semver::parse_normalized(&text);
    for mapped in [Mapped::Refuse, Mapped::ReadHexadecimal] {
        let _ = Ip::parse(&text, mapped);
        let _ = Cidr::parse(&text, mapped).map(Cidr::masked);
    }
    if let Ok(pattern) = kro_gotext::re2::compile(&text) {
        let _ = pattern.is_match("a0-Z_é\n");
    }
}

/// A whole definition: any text is decoded and compiled, against the built-in kinds, to graphs or to findings that can
/// be shown. A graph can be drawn, hashed, sampled, and has bounds.
pub(crate) fn definition(data: &[u8]) {
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text_of(data));
    let documents = sources.documents(file).value.unwrap_or_default();
    let objects: Vec<(&Document, Object)> =
        documents.iter().filter_map(|it| Some((it, Object::from_value(it.to_value()).ok()?))).collect();
    let all: Vec<&Object> = objects.iter().map(|(_, object)| object).collect();
    let compiled = compile_all(&all, &mut Catalog::builtin(), &CompileOptions::default());
    for ((document, object), definition) in objects.iter().zip(compiled) {
        let _ = sources.render(document, &definition.diagnostics, Style::Plain);
        let Some(graph) = definition.graph else { continue };
        let spec =
            ResourceGraphDefinition::decode(object.clone()).into_result().expect("it has a graph").spec;
        assert_eq!(spec_hash(&spec).len(), 16);
        assert_eq!(graph.order.len(), graph.nodes.len(), "every node has its turn");
        let _ = (render::mermaid(&graph), render::order(&graph), sample(&graph, 0));
        let _ = bounds(&graph, Limits::default());
    }
}
