use super::*;
use proptest::prelude::*;

/// The type in canonical spelling, then `key=value` for each marker.
#[track_caller]
fn check(text: &str, expected: &str) {
    let shown = match parse_field(text) {
        Ok(field) => {
            let markers = field.markers.iter().map(|marker| format!(" | {}={}", marker.key, marker.value));
            spell(&field.ty) + &markers.collect::<String>()
        }
        Err(error) => {
            let (start, end) = (error.range.start as usize, error.range.end as usize);
            format!("{error} at {:?}", &text[start..end])
        }
    };
    assert_eq!(shown, expected);
}

fn spell(ty: &Type) -> String {
    match ty {
        Type::Atomic(atomic) => format!("{atomic:?}").to_lowercase(),
        Type::Object => "object".into(),
        Type::List(inner) => format!("[]{}", spell(inner)),
        Type::Map(inner) => format!("map[string]{}", spell(inner)),
        Type::Custom(name) => format!("<{name}>"),
    }
}

#[test]
fn types() {
    check(" string ", "string");
    check("float", "float");
    check("[] map[string] []Port", "[]map[string][]<Port>");
    check("my type", "<my type>");
    check("String", "<String>");
    check("", "empty type at \"\"");
    check(" | required=true", "empty type at \" \"");
    check("[][]", "empty slice element type at \"[]\"");
    check("[]map[string]", "map value type is required at \"map[string]\"");
    check("[]map[integer]string", "map key must be string at \"map[integer]string\"");
    check(&format!("{}string", "[]".repeat(16)), &format!("{}string", "[]".repeat(16)));
    check(&format!("{}string", "[]".repeat(17)), "type nesting too deep (max 16) at \"[]string\"");
}

#[test]
fn markers() {
    check("string|required=true\tdefault=a", "string | required=true | default=a");
    check("string | requ ired =true", "string | required=true");
    check("string | default=a=b", "string | default=a=b");
    check("string | default=a|b", "string | default=a|b");
    check("string | default=", "string | default=");
    check("string | default={\"a\": \"b c\"}", "string | default={\"a\": \"b c\"}");
    check("string | default=[}", "string | default=[}");
    check("string | pattern=^[a-z]{2,4}$", "string | pattern=^[a-z]{2,4}$");
}

#[test]
fn quotes() {
    check(r#"string | description="a b" default='x'"#, "string | description=a b | default='x'");
    check(r#"string | description="a"required=true"#, r#"string | description="a"required=true"#);
    check(r#"string | description="a""b""#, r#"string | description=a""b"#);
    check(r#"string | description=x"a b"y"#, r#"string | description=x"a b"y"#);
    check(r#"string | default="a\"b\\c\d""#, r#"string | default=a"b\c\d"#);
    check(r#"string | default="}""#, "string | default=}");
}

#[test]
fn mistakes_are_placed() {
    check("string |", "marker key '' without a value at \"\"");
    check("string | required", "marker key 'required' without a value at \"required\"");
    check("string | required = true", "marker key 'true' without a value at \"true\"");
    check("string | default=a b c", "marker key 'bc' without a value at \"b c\"");
    check("string | foo=bar", "unknown marker: foo at \"foo\"");
    check("string | =x", "empty marker key at \"=\"");
    check("string | default=a | required=true", "unknown marker: |required at \"| required\"");
    check(r#"string | description="a b"#, r#"unclosed quote at "\"a b""#);
    check(r#"string | description=""#, r#"unclosed quote at "\"""#);
    check("object | default={", "unclosed bracket/brace at \"{\"");
    check("string | default=][", "unmatched closing bracket/brace at \"]\"");
}

proptest! {
    #[test]
    fn ranges_cover_what_was_read(text in "(\\[\\])?(string|é)( \\| (default|required)=[a\"é\\[\\]{} =]{0,6}){0,2}") {
        match parse_field(&text) {
            Ok(field) => for marker in field.markers {
                let written = &text[marker.range.start as usize..marker.range.end as usize];
                prop_assert!(written.starts_with(marker.key.as_str()));
                let value = &text[marker.value_range.start as usize..marker.value_range.end as usize];
                prop_assert_eq!(unquote(value.trim()), marker.value);
            },
            Err(error) => prop_assert!(
                text.get(error.range.start as usize..error.range.end as usize).is_some()
            ),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        if let Err(error) = parse_field(&text) {
            prop_assert!(error.range.start <= error.range.end && error.range.end as usize <= text.len());
        }
    }
}
