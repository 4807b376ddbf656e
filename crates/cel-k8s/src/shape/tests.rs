use kro_cel::{EvalError, Shape as _, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

fn shape(schema: &Json) -> SchemaShape {
    SchemaShape::new(Arc::new(Schema::from_json(schema).unwrap()), UnknownFields::Dynamic)
}

/// The value at a path, as JSON where it has a form of its own there, else as its type's name.
fn read(schema: &Json, data: &Json, path: &[&str]) -> Result<Option<String>, EvalError> {
    let shape = shape(schema);
    let mut value = shape.read(data)?;
    for step in path {
        let next = match (&value, step.parse::<usize>()) {
            (Value::List(list), Ok(index)) => list.get(index).transpose()?,
            (value, _) => value.member(step)?,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(match &value {
        Value::Bytes(bytes) => format!("bytes {}", String::from_utf8_lossy(bytes)),
        Value::Timestamp(time) => format!("timestamp {time}"),
        Value::Duration(duration) => format!("duration {duration}"),
        Value::Double(double) => format!("double {double}"),
        value => value.to_json()?.to_string(),
    }))
}

/// A loop whose condition looks at the items alone says of each what a loop says that makes a value of each.
#[test]
fn conditions_on_items() {
    let text = json!({"type": "string"});
    let item = json!({"type": "object", "properties": {
        "name": text, "namespace": text, "a-b": text, "on": {"type": "boolean"}, "count": {"type": "integer"},
        "half": {"type": "number"}, "port": {"x-kubernetes-int-or-string": true}, "raw": {"type": "string", "format": "byte"},
        "maybe": {"type": "string", "nullable": true}, "inner": {"type": "object", "properties": {"x": text}},
    }});
    let complete = json!({"name": "a", "namespace": "n", "a-b": "c", "on": true, "count": 3, "half": 0.5, "port": 80,
        "raw": "aGk=", "maybe": "x", "inner": {"x": "y"}, "other": "z"});
    let mut rows = vec![complete.clone(), json!({}), json!("text"), Json::Null];
    for key in complete.as_object().unwrap().keys() {
        for value in [Json::Null, json!("b"), json!(7), json!(2.5), json!(false), json!([]), json!({"x": 1})]
        {
            let mut row = complete.clone();
            row[key] = value;
            rows.push(row);
        }
    }
    let env = kro_cel::Env::new(&[&kro_cel::library::Standard], Arc::new(kro_cel::NoTypes))
        .with_libraries(kro_cel::library::EXTENSIONS)
        .with_variable("rows", Type::Dyn);
    let members =
        ["name", "namespace", "a__dash__b", "on", "count", "half", "port", "raw", "maybe", "inner", "other"];
    let conditions = members.iter().flat_map(|member| {
        let tests = ["== 'a'", "!= 'b'", "== 3", "> 2", "== null", "== true", "< 'b'"];
        let compared = tests.into_iter().map(move |test| format!("i.{member} {test}"));
        compared.chain([
            format!("i.{member}"),
            format!("has(i.{member})"),
            format!("!has(i.{member}) || i.{member} == 'b'"),
            format!("has(i.other) && !(i.{member} == 7 || i.name != 'a')"),
        ])
    });
    for item in [
        item,
        json!({"type": "object", "additionalProperties": text}),
        json!({"type": "object"}),
        json!({}),
        text,
    ] {
        let shape = shape(&json!({"type": "array", "items": item}));
        for condition in conditions.clone() {
            for (quick, slow) in [
                (format!("rows.filter(i, {condition})"), format!("rows.transformList(n, i, {condition}, i)")),
                (format!("rows.exists(i, {condition})"), format!("rows.exists(n, i, {condition})")),
                (format!("rows.all(i, {condition})"), format!("rows.all(n, i, {condition})")),
            ] {
                let programs = [env.compile(&quick).unwrap(), env.compile(&slow).unwrap()];
                for rows in rows.iter().map(|row| json!([row])).chain([Json::from(rows.clone())]) {
                    let [quick, slow] = programs.each_ref().map(|program| {
                        let bindings = [("rows", shape.read(&rows).unwrap())];
                        let outcome =
                            program.eval(&kro_cel::Scope::new(&bindings), &kro_cel::Limits::default());
                        outcome
                            .map(|outcome| {
                                (outcome.value.to_json().map_err(|error| error.to_string()), outcome.cost)
                            })
                            .map_err(|error| (error.kind(), error.message().to_owned()))
                    });
                    assert_eq!(quick, slow, "{condition} of {rows}");
                }
            }
        }
    }
}

#[test]
fn values() {
    let check = |schema: Json, data: Json, expected: &str| {
        let found = match read(&schema, &data, &[]) {
            Ok(value) => value.unwrap(),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, expected, "{data} as {schema}");
    };
    let format = |format: &str| json!({"type": "string", "format": format});
    check(format("byte"), json!("aGk="), "bytes hi");
    check(format("byte"), json!("?"), "error: invalid data, cannot read \"?\" as byte");
    check(format("date-time"), json!("2024-01-02T03:04:05+01:00"), "timestamp 2024-01-02T02:04:05Z");
    check(format("date"), json!("2024-01-02"), "timestamp 2024-01-02T00:00:00Z");
    check(format("duration"), json!("1 d 2 h"), "duration 93600s");
    check(format("ipv4"), json!("x"), "\"x\"");
    check(json!({"type": "number"}), json!(3), "double 3");
    check(json!({"type": "integer"}), json!(3.0), "3");
    check(json!({"type": "integer"}), json!(3.5), "error: invalid data, expected int, got 3.5");
    check(json!({"type": "integer"}), json!(1e300), "error: invalid data, expected int, got 1e+300");
    check(json!({"type": "string"}), json!(3), "error: invalid data, expected string, got integer");
    check(json!({"x-kubernetes-int-or-string": true}), json!("50%"), "\"50%\"");
    check(json!({"x-kubernetes-int-or-string": true}), json!(8080), "8080");
    check(
        json!({"x-kubernetes-int-or-string": true}),
        json!(true),
        "error: invalid data, expected XIntOrString value to be either a string or integer, got boolean",
    );
    check(json!({}), json!({"a": [1, 1.5]}), "{\"a\":[1,1.5]}");
    check(json!({"type": "string", "nullable": true}), json!(null), "null");
    check(
        json!({"type": "string"}),
        json!(null),
        "error: invalid data, got null for schema with nullable=false",
    );
}

#[test]
fn members() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a-b": {"type": "number"},
            "null": {"type": "string", "nullable": true},
            "list": {"type": "array", "items": {"type": "string", "format": "byte"}},
            "map": {"type": "object", "additionalProperties": {"type": "number"}},
            "open": {"type": "object"},
        },
    });
    let data = json!({
        "a-b": 1, "null": null, "unknown": {"x": 1}, "list": ["aGk=", null],
        "map": {"a-b": 2, "namespace": 3, "n": null}, "open": {"a-b": null},
    });
    let check = |path: &str, expected: &str| {
        let path: Vec<_> = path.split('.').collect();
        let found = match read(&schema, &data, &path) {
            Ok(value) => value.unwrap_or_else(|| "absent".to_owned()),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, expected, "{path:?}");
    };
    check("a__dash__b", "double 1");
    check("null", "absent");
    check("nope", "absent");
    check("unknown.x", "1");
    check("list.0", "bytes hi");
    check("list.1", "error: invalid data, got null for schema with nullable=false");
    check("map.a-b", "double 2");
    check("map.namespace", "double 3");
    check("map.n", "error: invalid data, got null for schema with nullable=false");
    check("open.a-b", "null");
    // A whole object goes out as it came in.
    check("map", "{\"a-b\":2,\"n\":null,\"namespace\":3}");
}

#[test]
fn iteration_shows_identifiers_of_objects_and_keys_of_maps() {
    let properties = shape(&json!({
        "type": "object",
        "properties": {"a-b": {"type": "string"}, "gone": {"type": "string"}},
    }));
    let data = json!({"a-b": "x", "gone": null, "other-one": 1});
    let Value::Map(map) = properties.read(&data).unwrap() else { panic!("an object is a map") };
    let keys: Vec<_> = map.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["a__dash__b", "other-one"]);
    assert_eq!(map.len(), 2);
    let values = shape(&json!({"type": "object", "additionalProperties": {"type": "string"}}));
    let data = json!({"a-b": "x"});
    let Value::Map(map) = values.read(&data).unwrap() else { panic!("an object is a map") };
    assert_eq!(map.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>(), ["a-b"]);
}

#[test]
fn list_types_decide_equality() {
    let equal = |schema: Json, a: Json, b: Json| {
        let shape = shape(&schema);
        shape.read(&a).unwrap().equals(&shape.read(&b).unwrap()).unwrap()
    };
    let list = |list_type: &str| {
        json!({
            "type": "array", "x-kubernetes-list-type": list_type, "x-kubernetes-list-map-keys": ["a-k"],
            "items": {"type": "object", "properties": {"a-k": {"type": "string"}, "v": {"type": "integer"}}},
        })
    };
    let (x, y) = (json!({"a-k": "x", "v": 1}), json!({"a-k": "y", "v": 1}));
    assert!(equal(list("map"), json!([x, y]), json!([y, x])));
    assert!(!equal(list("map"), json!([x, y]), json!([x, {"a-k": "y", "v": 2}])));
    assert!(!equal(list("atomic"), json!([x, y]), json!([y, x])));
    let set = json!({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "integer"}});
    assert!(equal(set, json!([1, 2]), json!([2, 1])));
}

proptest! {
    /// Data that its schema accepts can be read to the last corner, and comes back as it was.
    #[test]
    fn what_a_schema_accepts_can_be_read(schema in kro_schema::strategy::schema(), seed: u64) {
        let data = kro_schema::emulate(&schema, seed);
        prop_assume!(kro_schema::validate::validate(&schema, &data).is_empty());
        let shape = SchemaShape::new(Arc::new(schema), UnknownFields::Dynamic);
        let value = shape.read(&data).unwrap();
        if data.is_array() || data.is_object() {
            prop_assert_eq!(value.to_json().ok(), Some(data.clone()));
        }
    }

    #[test]
    fn reading_never_panics(schema in kro_schema::strategy::schema(), data in kro_schema::strategy::json()) {
        let shape = SchemaShape::new(Arc::new(schema), UnknownFields::Refused);
        if let Ok(value) = shape.read(&data) {
            let _ = value.into_owned();
        }
    }
}
