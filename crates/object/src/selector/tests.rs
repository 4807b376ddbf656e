//! Selectors: both forms, matching, laws.

use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn parse() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let printed = text.parse::<Selector>().map(|s| s.to_string()).map_err(|error| error.to_string());
        match (printed, expected) {
            (Ok(printed), Ok(expected)) => assert_eq!(printed, expected, "{text}"),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
            (printed, _) => panic!("{text}: {printed:?}"),
        }
    };
    check("", Ok(""));
    check(" tier = web , env in (prod,dev), !old,x", Ok("env in (dev,prod),!old,tier=web,x"));
    check("in in (in)", Ok("in in (in)"));
    check("a in ()", Ok("a in ()"));
    check("a in (b,)", Ok("a in (,b)"));
    check("a==", Ok("a=="));
    check("n>3,n<5", Ok("n>3,n<5"));
    check("a=b,", Err("expected: !, identifier"));
    check("a in (b", Err("expected: ',' or ')'"));
    check("a!b", Err("expected: in, notin"));
    check("n>x", Err("must be an integer"));
    check("a=b/c", Err("a valid label must be"));
    check("/a=b", Err("prefix part must be non-empty"));
}

#[test]
fn matching() {
    let labels = BTreeMap::from([("tier".to_owned(), "web".to_owned()), ("n".to_owned(), "5".to_owned())]);
    let check = |text: &str, expected: bool| {
        assert_eq!(text.parse::<Selector>().unwrap().matches(&labels), expected, "{text}");
    };
    check("", true);
    check("tier", true);
    check("!tier", false);
    check("tier!=db,other!=x", true);
    check("other notin (x)", true);
    check("other in (x)", false);
    check("n>4,n<6", true);
    check("tier>4", false);
    assert!(!Selector::nothing().matches(&labels));
}

#[test]
fn object_form() {
    let check = |value: Value, expected: &str| {
        let text = Selector::from_value(&value).map_or_else(|error| error.to_string(), |s| s.to_string());
        assert_eq!(text, expected, "{value}");
    };
    check(json!({"matchLabels": {"b": "1", "a": "2"}}), "a=2,b=1");
    check(json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["c", "b"]}]}), "a in (b,c)");
    check(
        json!({"matchExpressions": [{"key": "a", "operator": "Gt"}]}),
        "\"Gt\" is not a valid label selector operator",
    );
    check(json!({"matchLabels": []}), "matchLabels is not of the right type");
    assert!(Selector::from_value(&Value::Null).unwrap().is_nothing());
    assert!(Selector::from_value(&json!({})).unwrap().is_everything());
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "[a-c!=<>(), in]{0,20}") {
        if let Ok(selector) = text.parse::<Selector>() {
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }
    }
}
