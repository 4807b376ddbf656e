//! Nothing an author writes stops the process: deep, long and greedy expressions end in an error, on a small stack.

use std::thread;

use kro_cel::{ErrorKind, Limits, Scope};

/// Runs `text` through everything on a 256 KiB stack.
fn survives(name: &str, text: String) {
    let run = move || {
        let env = super::everything();
        let (ast, _) = env.parse(&text);
        let _ = env.references(&ast);
        let _ = env.check(ast);
        for program in [env.compile(&text), env.compile_unchecked(&text)].into_iter().flatten() {
            let limits = Limits { cost: Some(1_000_000), memory: 64 << 20, cancelled: None };
            let _ = program.eval(&Scope::EMPTY, &limits);
        }
    };
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(run).expect("a thread");
    assert!(thread.join().is_ok(), "{name}");
}

#[test]
fn deep_and_long() {
    for n in [60, 124, 249, 251, 2_000, 30_000] {
        for (name, open, middle, close) in [
            ("parentheses", "(", "1", ")"),
            ("lists", "[", "1", "]"),
            ("maps", "{1:", "1", "}"),
            ("nots", "!", "true", ""),
            ("minuses", "-", "x", ""),
            ("sums", "1+", "1", ""),
            ("right sums", "1+(", "1", ")"),
            ("comparisons", "1==", "1", ""),
            ("ternaries", "true?1:", "1", ""),
            ("middle ternaries", "true?", "1", ":2"),
            ("ands", "true&&", "true", ""),
            ("mixed logic", "true||false&&!(", "true", ")"),
            ("selections", "", "x", ".a"),
            ("indices", "", "[0]", "[0]"),
            ("nested indices", "x[", "0", "]"),
            ("member calls", "", "'a'", ".trim()"),
            ("nested calls", "size([", "1", "])"),
            ("optional selections", "", "{}", ".?a"),
            ("maps over lists", "[1].map(x,", "x", ")"),
            ("chained maps", "", "[1]", ".map(x,x)"),
            ("binds", "cel.bind(x,1,", "x", ")"),
            ("optional maps", "", "optional.of(1)", ".optMap(x,x)"),
            ("two variables", "{1:1}.transformMap(k,v,", "v", ")"),
            ("open brackets", "[({", "", ""),
            ("structs", "a{b:", "1", "}"),
        ] {
            survives(&format!("{name} {n}"), format!("{}{middle}{}", open.repeat(n), close.repeat(n)));
        }
    }
}

#[test]
fn too_long_is_refused_at_once() {
    let text = "a".repeat(10 << 20);
    let (_, issues) = kro_cel::parse(&text);
    assert_eq!(issues[0].message(), "expression code point size exceeds limit: size: 10485760, limit 100000");
}

#[test]
fn macros_that_double_their_target_are_refused() {
    let text = format!("optional.of(1){}", ".optMap(v, v + 1)".repeat(40));
    let (_, issues) = super::everything().parse(&text);
    assert_eq!(issues[0].message(), "expression is too large");
}

#[track_caller]
fn stops(text: &str, limits: &Limits<'_>) {
    let program = super::everything().compile(text).expect(text);
    let error = program.eval(&Scope::EMPTY, limits).expect_err(text);
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{text}: {error}");
}

#[test]
fn greedy_expressions_stop() {
    let memory = Limits { memory: 16 << 20, ..Limits::default() };
    stops("lists.range(1000000000)", &memory);
    stops("lists.range(100000).map(x, lists.range(100000))", &memory);
    stops(
        "lists.range(1000).map(i, 'abcdefghij').join('abcdefghij'.replace('', 'abcdefghij'.replace('', 'abcdefghijabcdefghij'))).replace('a', 'abcdefghijabcdefghijabcdefghijabcdefghij').replace('b', 'abcdefghijabcdefghij')",
        &memory,
    );
    stops(
        "'a'.replace('', 'b').replace('', lists.range(99999).map(i, 'bbbbbbbbbb').join()).replace('', lists.range(999).map(i, 'cccccccccc').join())",
        &memory,
    );
    let cost = Limits { cost: Some(10_000), ..Limits::default() };
    stops("lists.range(100).all(x, lists.range(100).all(y, lists.range(100).all(z, x + y + z >= 0)))", &cost);
    stops("lists.range(10000).exists(x, x < 0 || false)", &cost);
}

#[test]
fn limits_are_not_absorbed() {
    let cost = Limits { cost: Some(50), ..Limits::default() };
    stops("lists.range(100).all(x, x >= 0) || true", &cost);
    stops("[1].exists(y, lists.range(100).all(x, x >= 0)) || true", &cost);
}

#[test]
fn cancellation() {
    let flag = std::sync::atomic::AtomicBool::new(true);
    let program = super::everything().compile("lists.range(1000).map(x, x)").expect("valid");
    let limits = Limits { cancelled: Some(&flag), ..Limits::default() };
    let error = program.eval(&Scope::EMPTY, &limits).expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
