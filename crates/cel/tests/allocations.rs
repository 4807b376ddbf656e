//! How many allocations an evaluation makes: none for paths, conditions over JSON and short texts, one for a longer text.

use kro_cel::{Env, Limits, NoTypes, Scope, Type, Value, library};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{alloc::System, sync::Arc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test, so that no other one allocates beside it.
#[test]
fn allocations() {
    let env = Env::new(&[&library::Standard], Arc::new(NoTypes))
        .with_libraries(library::EXTENSIONS)
        .with_variable("x", Type::Dyn);
    let workers: Vec<_> = (0..10).map(|n| json!({"name": format!("worker-{n}"), "ready": true})).collect();
    let data =
        json!({"name": "web", "title": "My App", "replicas": 3, "spec": {"on": true}, "workers": workers});
    for (text, expected) in [
        ("x.name", 0),
        ("x.spec.on", 0),
        ("x.name == 'web'", 0),
        ("has(x.spec) && x.spec.on && x.replicas >= 2", 0),
        ("x.replicas > 5 ? 'l' : 's'", 0),
        ("x.?absent.?deeper.orValue('none')", 0),
        ("x.workers.exists(w, w.name == 'worker-9' && w.ready)", 0),
        ("x.workers.all(w, w.ready)", 0),
        ("string(x.name).substring(1).trim()", 0),
        ("string(x.replicas)", 0),
        ("'https://' + string(x.name) + ':' + string(x.replicas)", 0),
        ("'https://' + string(x.name) + '.' + string(x.title) + '.example.com'", 1),
        ("string(x.title).lowerAscii()", 0),
        ("x.workers.map(w, w.name)", 2),
    ] {
        let program = env.compile(text).expect("well typed");
        let bindings = [("x", Value::from_json(&data))];
        let scope = Scope::new(&bindings);
        let region = Region::new(ALLOCATOR);
        let outcome = program.eval(&scope, &Limits::default());
        let change = region.change();
        assert!(outcome.is_ok(), "{text}: {outcome:?}");
        assert_eq!(change.allocations + change.reallocations, expected, "{text}");
    }
}
