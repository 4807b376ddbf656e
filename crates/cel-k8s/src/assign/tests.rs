use std::{collections::BTreeMap, sync::Arc};

use kro_cel::{Type, Types};

use super::assignable;

/// `T { field: type }` by name; a struct named `Open` keeps unknown fields.
#[derive(Debug, Default)]
struct Table(BTreeMap<&'static str, BTreeMap<&'static str, Type>>);

impl Types for Table {
    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn field(&self, ty: &str, field: &str) -> Option<Type> {
        let known = self.0.get(ty)?.get(field).cloned();
        known.or((ty == "Open").then_some(Type::Dyn))
    }

    fn fields(&self, ty: &str) -> Option<Vec<Arc<str>>> {
        Some(self.0.get(ty)?.keys().map(|field| Arc::from(*field)).collect())
    }
}

#[track_caller]
fn check(from: &str, to: &str, expected: Option<&str>) {
    let fields = |fields: &[(&'static str, &str)]| {
        fields.iter().map(|(name, ty)| (*name, Type::parse(ty).unwrap())).collect()
    };
    let types = Table(BTreeMap::from([
        ("XY", fields(&[("x", "string"), ("y", "struct(X)")])),
        ("X", fields(&[("x", "string")])),
        ("XInt", fields(&[("x", "int")])),
        ("Person", fields(&[("name", "string"), ("age", "int")])),
        ("Name", fields(&[("name", "string")])),
        ("NameFoo", fields(&[("name", "string"), ("foo", "string")])),
        ("NameInt", fields(&[("name", "int")])),
        ("Open", fields(&[("name", "string")])),
        ("Empty", fields(&[])),
    ]));
    let result = assignable(&Type::parse(from).unwrap(), &Type::parse(to).unwrap(), &types);
    assert_eq!(result.err().map(|error| error.to_string()).as_deref(), expected, "{from} -> {to}");
}

#[test]
fn fitting() {
    for (from, to) in [
        ("string", "string"),
        ("dyn", "int"),
        ("list(int)", "dyn"),
        ("optional(optional(string))", "string"),
        ("list(dyn)", "list(string)"),
        ("list(optional(string))", "list(string)"),
        ("map(string, dyn)", "struct(XY)"),
        ("map(string, dyn)", "map(string, int)"),
        ("struct(XInt)", "map(string, int)"),
        ("struct(Name)", "struct(Person)"),
        ("struct(NameFoo)", "struct(Open)"),
        ("struct(Unknown)", "struct(Name)"),
        ("struct(Name)", "struct(Unknown)"),
        ("struct(Unknown)", "map(string, int)"),
        ("map(int, int)", "struct(Unknown)"),
        ("struct(Empty)", "map(string, int)"),
        // As upstream, by its first type argument only, and objects that share nothing.
        ("map(string, int)", "list(string)"),
        ("kubernetes.Quantity", "map(string, string)"),
        ("int", "struct(Name)"),
        ("null", "struct(Name)"),
    ] {
        check(from, to, None);
    }
}

#[test]
fn mismatches() {
    for (from, to, reason) in [
        ("int", "string", "type kind mismatch: got \"int\", expected \"string\""),
        ("int", "double", "type kind mismatch: got \"int\", expected \"double\""),
        ("optional(int)", "string", "type kind mismatch: got \"int\", expected \"string\""),
        ("null", "string", "type kind mismatch: got \"null_type\", expected \"string\""),
        (
            "list(string)",
            "list(int)",
            "list element type incompatible: type kind mismatch: got \"string\", expected \"int\"",
        ),
        ("list(string)", "string", "type kind mismatch: got \"list(string)\", expected \"string\""),
        ("int", "list(int)", "list parameter count mismatch: got 0, expected 1"),
        ("list(int)", "map(string, int)", "map parameter count mismatch: got 1, expected 2"),
        (
            "map(string, int)",
            "struct(X)",
            "map value incompatible with struct field \"x\": type kind mismatch: got \"int\", expected \"string\"",
        ),
        ("map(int, string)", "struct(X)", "map keys must be strings to assign to struct"),
        ("map(dyn, dyn)", "struct(X)", "map keys must be strings to assign to struct"),
        ("struct(NameFoo)", "struct(Name)", "field \"foo\" exists in output but not in expected type"),
        (
            "struct(NameInt)",
            "struct(Name)",
            "field \"name\" has incompatible type: type kind mismatch: got \"int\", expected \"string\"",
        ),
        (
            "struct(X)",
            "map(string, int)",
            "struct field \"x\" incompatible with map value: type kind mismatch: got \"string\", expected \"int\"",
        ),
    ] {
        check(from, to, Some(reason));
    }
}
