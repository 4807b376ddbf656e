//! What must hold for any input: one function for each reader of untrusted text. A function returns, or panics
//! because something does not hold. Fuzzers call them with what they find, tests with the committed seeds.
//!
//! ```
//! kro_fuzz::run("cel_parse", b"a + )");
//! ```
//!
//! It refuses: choosing inputs, and anything that waits or does I/O.

mod apiserver;
mod cel;
mod merge;
mod text;

/// A law: returns, or panics with what does not hold.
pub type Check = fn(&[u8]);

/// Every target by its name, which is also the name of its folder of seeds.
pub const TARGETS: &[(&str, Check)] = &[
    ("cel_parse", cel::parse),
    ("cel_eval", cel::eval),
    ("cel_typed", cel::typed),
    ("cel_round_trip", cel::round_trip),
    ("template", text::template),
    ("simple_schema", text::simple_schema),
    ("yaml", text::yaml),
    ("values", text::values),
    ("definition", text::definition),
    ("requests", apiserver::requests),
    ("merge", merge::merge),
    ("fields_v1", merge::fields_v1),
];

/// Longest input that is looked at, in bytes: longer ones find nothing new and cost time.
pub const MAX_BYTES: usize = 4096;

/// Runs a target by its name.
///
/// # Panics
/// If there is none of this name, or something does not hold.
pub fn run(target: &str, data: &[u8]) {
    let found = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, check) = found.expect("invariant: a binary is named after its target");
    check(data);
}

/// Lets a panic of the YAML library unwind to where the server contains it, while fuzzers end at any other one: their
/// hook ends the program before anything unwinds.
pub fn spare_contained_panics() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !info.location().is_some_and(|place| place.file().contains("libyaml-safer")) {
            hook(info);
        }
    }));
}

/// The input as text, as far as it is looked at; what is no UTF-8 is replaced.
fn text_of(data: &[u8]) -> String {
    String::from_utf8_lossy(&data[..data.len().min(MAX_BYTES)]).into_owned()
}
