//! A whole compile stays in its budget, which is counted in bytes and allocations, not in time: of every definition in
//! `fixtures/rgd`, of damaged copies, and of any text.

use proptest::prelude::*;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::{alloc::System, path::Path, sync::LazyLock};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The texts of the definitions.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rgd").join(name);
    let files =
        ["valid", "invalid"].iter().flat_map(|name| std::fs::read_dir(folder(name)).expect("a folder"));
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("a text")).collect()
});

/// Compiles a text; what it allocates is limited.
fn check(text: &str) {
    // The schemas of the kinds are read once, and are not counted.
    kro_fuzz::run("definition", text.as_bytes());
    let region = Region::new(ALLOCATOR);
    kro_fuzz::run("definition", text.as_bytes());
    let change = region.change();
    let (bytes, times) = (change.bytes_allocated, change.allocations + change.reallocations);
    assert!(bytes <= 16 << 20 && times <= 100_000, "{bytes} bytes in {times} allocations for:\n{text}");
}

/// A definition with parts cut out, repeated, or replaced by those of others.
fn damaged() -> impl Strategy<Value = String> {
    let index = || any::<prop::sample::Index>();
    let change = (index(), 0_usize..40, index(), index(), 0_usize..60);
    (index(), prop::collection::vec(change, 1..6)).prop_map(|(seed, changes)| {
        let mut text = seed.get(&TEXTS).clone();
        for (at, length, other, from, taken) in changes {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            let other = other.get(&TEXTS);
            let from = other.floor_char_boundary(from.index(other.len()));
            let to = other.ceil_char_boundary((from + taken).min(other.len()));
            text.replace_range(start..end, &other[from..to]);
        }
        text
    })
}

/// One test, so that nobody else allocates while it counts.
#[test]
fn compiling_is_limited() {
    for text in TEXTS.iter() {
        check(text);
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(400));
    let any_text = "[ -~é\n]{0,300}".prop_map(|text| format!("apiVersion: kro.run/v1alpha1\n{text}"));
    runner
        .run(&prop_oneof![9 => damaged(), 1 => any_text], |text| {
            check(&text);
            Ok(())
        })
        .expect("no text takes more");
}
