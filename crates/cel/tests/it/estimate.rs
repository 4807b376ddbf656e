//! What expressions cost at worst.

use std::sync::Arc;

use kro_cel::{Bounds, DataSizes, Env, Place, PlaceStep, Type};

/// Texts of at most 10 characters in lists and maps of at most 5.
#[derive(Debug)]
struct Small {
    upstream: bool,
}

impl DataSizes for Small {
    fn size(&self, place: Option<&Place>, ty: &Type) -> Option<Bounds> {
        let ty = match ty {
            Type::Optional(inner) => &**inner,
            ty => ty,
        };
        let most = match ty {
            Type::String | Type::Bytes => 10.0,
            Type::List(_) | Type::Map(..) => 5.0,
            _ => return None,
        };
        place.is_some_and(|place| place.variable.is_some()).then_some(Bounds { min: 0.0, max: most })
    }

    fn as_upstream(&self) -> bool {
        self.upstream
    }
}

fn env() -> Env {
    super::everything()
        .with_variable("text", Type::String)
        .with_variable("texts", Type::list(Type::String))
        .with_variable("map", Type::map(Type::String, Type::list(Type::String)))
        .with_variable("maybe", Type::optional(Type::String))
        .with_variable("any", Type::Dyn)
        .with_variable("a.b", Type::Int)
}

fn estimate(text: &str, upstream: bool) -> (f64, f64) {
    let env = env();
    let checked = env.check(env.parse(text).0);
    assert!(checked.issues().is_empty(), "{text}: {:?}", checked.issues());
    let bounds = env.estimate(&checked, &Small { upstream });
    (bounds.min, bounds.max)
}

#[track_caller]
fn check(text: &str, min: f64, max: f64) {
    assert_eq!(estimate(text, false), (min, max), "{text}");
}

#[test]
fn every_kind_of_expression() {
    for (text, min, max) in [
        ("'text'", 0.0, 0.0),
        ("text", 1.0, 1.0),
        ("a.b + 1", 2.0, 2.0),
        ("map.key", 2.0, 2.0),
        ("any.one.two", 3.0, 3.0),
        ("has(map.key)", 2.0, 2.0),
        ("[1, 2]", 10.0, 10.0),
        ("{1: text}", 31.0, 31.0),
        ("text + text", 2.0, 4.0),
        ("text == 'abc'", 2.0, 2.0),
        ("text.contains(text)", 2.0, 3.0),
        ("text.matches('a+b+')", 2.0, 3.0),
        ("'x' in texts", 1.0, 6.0),
        ("text == '' && text == ''", 1.0, 2.0),
        ("text == 'a' || text == 'b'", 2.0, 4.0),
        ("text != '' ? 1 : size(texts)", 1.0, 3.0),
        ("texts.all(x, x != '')", 2.0, 22.0),
        ("map.all(k, map[k].all(x, true))", 2.0, 112.0),
        ("[1, 2].map(x, [x]).size()", 68.0, 68.0),
        ("cel.bind(t, text + text, t == t)", 15.0, 18.0),
        ("dyn(text) == text", 4.0, 4.0),
        ("type(text) == string", 4.0, 4.0),
        ("math.abs(a.b)", 2.0, 2.0),
        ("maybe.orValue('') == text", 4.0, 4.0),
    ] {
        check(text, min, max);
    }
}

#[test]
fn sizes_of_what_is_made() {
    for (text, max) in [
        // Twice 10 characters, each of which may be 4 bytes.
        ("string(bytes(text + text)) == ''", 4.0 + 2.0 + 8.0),
        ("('#' + string(a.b)).contains('#')", 4.0 + 3.0),
        ("text.split('').all(x, x == 'y')", 14.0 + 11.0 + 1.0 + 11.0 * 6.0),
        ("texts.map(x, x + x).all(y, y == text)", 6.0 + 10.0 + 75.0 + 1.0 + 5.0 * 5.0),
        ("lists.range(3).map(x, x).size() == 3", 94.0),
        ("[text, text].join(',').size() == 0", 42.0),
        ("(texts + texts).size() == 0", 5.0),
        ("texts.filter(x, true).size() == 0", 100.0),
    ] {
        let (_, found) = estimate(text, false);
        assert!(found.is_finite() && found <= max * 2.0, "{text}: {found}");
    }
}

#[test]
fn nothing_is_known() {
    for text in ["any.contains('x')", "any.all(x, true)", "text.format([text]).contains('x')"] {
        assert!(estimate(text, false).1.is_infinite(), "{text}");
    }
    let env = env();
    // Neither of what is not checked nor of what is wrong.
    for text in ["undeclared", "1 + 'a'"] {
        assert_eq!(env.estimate(&env.check(env.parse(text).0), &Small { upstream: false }), Bounds::ANY);
    }
}

/// What cel-go does not follow stays unknown in estimates as cel-go's.
#[test]
fn as_upstream() {
    for text in
        ["string(a.b).contains('1')", "map[?'k'].orValue(['']).all(x, true)", "text.trim().contains('x')"]
    {
        assert!(estimate(text, false).1.is_finite(), "{text}");
        assert!(estimate(text, true).1.is_infinite(), "{text}");
    }
    assert_eq!(estimate("any.one.two", true), (1.0, 1.0));
}

#[test]
fn places() {
    #[derive(Debug, Default)]
    struct Asked(std::sync::Mutex<Vec<Place>>);
    impl DataSizes for Asked {
        fn size(&self, place: Option<&Place>, _ty: &Type) -> Option<Bounds> {
            self.0.lock().unwrap().extend(place.cloned());
            None
        }
    }
    let (env, asked) = (env(), Asked::default());
    let checked = env.check(env.parse("map.all(k, v, v[0] == k) && any.field[?'x'].hasValue()").0);
    env.estimate(&checked, &asked);
    let at = |name: &str, steps: &[PlaceStep]| Place { steps: steps.to_vec(), ..Place::variable(name) };
    let field = PlaceStep::Field(Arc::from("field"));
    for expected in [
        at("map", &[]),
        at("map", &[PlaceStep::Keys]),
        at("map", &[PlaceStep::Values]),
        at("map", &[PlaceStep::Values, PlaceStep::Items]),
        at("any", &[field]),
    ] {
        assert!(asked.0.lock().unwrap().contains(&expected), "{expected:?}");
    }
}
