//! Trees, types, overloads and error texts, compared with what cel-go prints.

use std::sync::{Arc, LazyLock};

use kro_cel::{Env, NoTypes, Options, Type, library};
use serde_json::Value as Json;

use super::{PROTO, print, text, types};
use crate::{report::Report, suites::Input};

/// What the trees were parsed in: the standard macros, no optional syntax, nesting up to 32.
static SYNTAX: LazyLock<Env> = LazyLock::new(|| {
    let options =
        Options { optional_syntax: false, quoted_fields: false, max_depth: 32, ..Options::default() };
    Env::new(&[&library::Standard], Arc::new(NoTypes)).with_options(options)
});

/// What cel-go's own tests were checked in: optional types, but not their syntax.
static PLAIN: LazyLock<Env> = LazyLock::new(|| {
    let functions = types::Declared(vec![
        types::overload("fg_s_0", "fg_s", false, Vec::new(), Type::String),
        types::overload("fi_s_s_0", "fi_s_s", true, vec![Type::String], Type::String),
    ]);
    let variables = [
        ("is", Type::String),
        ("ii", Type::Int),
        ("iu", Type::Uint),
        ("iz", Type::Bool),
        ("ib", Type::Bytes),
        ("id", Type::Double),
        ("ix", Type::Null),
    ];
    let env = SYNTAX.with_libraries(&[&library::Optionals, &functions]);
    variables.into_iter().fold(env, |env, (name, ty)| env.with_variable(name, ty))
});

/// What the conformance tests were checked in.
static EXTENDED: LazyLock<Env> = LazyLock::new(|| {
    PLAIN.with_libraries(&[&library::Strings::LATEST, &library::Math, &library::Encoders, &library::Bindings])
});

pub(super) fn run(input: &Input, case: &Json, report: &mut Report) {
    let source = text(&case["original"], "expr");
    let name = format!("ast/{}/{}/{source}", text(case, "src"), text(case, "suite"));
    if !input.wants(&name) {
        return;
    }
    let all = case.to_string();
    if all.contains("google.")
        || all.contains("conformance.proto")
        || all.contains("TestAllTypes")
        || all.contains("wellKnown")
        || all.contains("wrapper")
    {
        report.out_of_scope(name, PROTO);
    } else {
        report.add(name, check(case, source));
    }
}

fn check(case: &Json, source: &str) -> Result<(), String> {
    let original = &case["original"];
    let (ast, _) = declare(&SYNTAX, original)?.parse(source);
    if let Some(expected) = case["ast"].as_str() {
        let found = print::kinds(&ast);
        if found != expected {
            return Err(format!("{found}\ninstead of\n{expected}"));
        }
    }
    let env = declare(
        if matches!(text(case, "src"), "conformance" | "comprehension") { &EXTENDED } else { &PLAIN },
        original,
    )?;
    // The block macros were there for checking, but not where the data is about errors.
    let env = if case["error"].is_null() { env.with_libraries(&[&library::Block]) } else { env };
    let (ast, issues) = env.parse(source);
    let checked = issues.is_empty().then(|| env.check(ast));
    let issues = checked.as_ref().map_or(&issues[..], kro_cel::Checked::issues);
    if let Some(expected) = case["error"].as_str() {
        let input =
            expected.strip_prefix("ERROR: ").and_then(|text| text.split(':').next()).unwrap_or_default();
        let found: Vec<_> = issues.iter().map(|issue| issue.render(source, input)).collect();
        let found = found.join("\n");
        return if found == expected { Ok(()) } else { Err(format!("{found}\ninstead of\n{expected}")) };
    }
    let Some(checked) = checked.as_ref().filter(|_| issues.is_empty()) else {
        return Err(issues
            .iter()
            .map(|issue| issue.render(source, "<input>"))
            .collect::<Vec<_>>()
            .join("\n"));
    };
    if let Some(expected) = case["checkedAst"].as_str() {
        let found = print::types(checked);
        if found != expected {
            return Err(format!("{found}\ninstead of\n{expected}"));
        }
    }
    if let Some(expected) = case["type"].as_str() {
        let found = checked.result_type().to_string();
        if found != expected {
            return Err(format!("type {found} instead of {expected}"));
        }
    }
    Ok(())
}

/// The environment with the declarations of a case, which are in the JSON form of protobuf.
fn declare(env: &Env, original: &Json) -> Result<Env, String> {
    let mut env = env.with_container(text(original, "container"));
    if original["disableMacros"] == true {
        env = env.with_options(Options { macros: false, ..env.options() });
    }
    for declaration in original["typeEnv"].as_array().into_iter().flatten() {
        let name = text(declaration, "name");
        if let Some(ty) = declaration["ident"].get("type") {
            env = env.with_variable(name, proto_type(ty)?);
        }
        let mut overloads = Vec::new();
        for row in declaration["function"]["overloads"].as_array().into_iter().flatten() {
            let parameters = row["params"].as_array().into_iter().flatten().map(proto_type);
            let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
            let member = row["isInstanceFunction"] == true;
            let result = proto_type(&row["resultType"])?;
            overloads.push(types::overload(text(row, "overloadId"), name, member, parameters, result));
        }
        env = env.with_libraries(&[&types::Declared(overloads)]);
    }
    Ok(env)
}

fn proto_type(json: &Json) -> Result<Type, String> {
    let unknown = || format!("unknown type {json}");
    let (kind, inner) = json.as_object().and_then(|object| object.iter().next()).ok_or_else(unknown)?;
    Ok(match kind.as_str() {
        "dyn" => Type::Dyn,
        "null" => Type::Null,
        "error" => Type::Error,
        "primitive" => match inner.as_str().unwrap_or_default() {
            "BOOL" => Type::Bool,
            "INT64" => Type::Int,
            "UINT64" => Type::Uint,
            "DOUBLE" => Type::Double,
            "STRING" => Type::String,
            "BYTES" => Type::Bytes,
            _ => return Err(unknown()),
        },
        "listType" => Type::list(proto_type(&inner["elemType"])?),
        "mapType" => Type::map(proto_type(&inner["keyType"])?, proto_type(&inner["valueType"])?),
        "type" if inner.as_object().is_none_or(serde_json::Map::is_empty) => Type::type_of(Type::Dyn),
        "type" => Type::type_of(proto_type(inner)?),
        "typeParam" => Type::Param(types::param(inner.as_str().unwrap_or_default())),
        "messageType" => Type::structure(inner.as_str().unwrap_or_default()),
        "abstractType" => {
            let parameters = inner["parameterTypes"].as_array().into_iter().flatten().map(proto_type);
            let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
            match (text(inner, "name"), &parameters[..]) {
                ("optional_type", [parameter]) => Type::optional(parameter.clone()),
                (name, _) => Type::opaque_with(name, parameters),
            }
        }
        _ => return Err(unknown()),
    })
}
