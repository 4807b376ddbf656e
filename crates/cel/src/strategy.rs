//! Strategies for property tests: expressions that are well typed in an environment, and text that nearly is one.
use crate::{Env, Type};
use proptest::{collection, prelude::*};

mod build;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod tests;
mod tree;

pub use tree::same_tree;

/// An expression of type `ty` that checks in `env`, made of its variables, its operators and functions, and the
/// standard macros. Shrinks towards a literal.
///
/// Functions over types that no literal makes, such as a host's opaque types, occur only when `env` has a variable of
/// the type.
pub fn well_typed(env: &Env, ty: &Type) -> impl Strategy<Value = String> + use<> {
    let (env, ty) = (env.clone(), ty.clone());
    collection::vec(any::<u8>(), 0..200).prop_map(move |choices| well_typed_from(&env, &ty, &choices))
}

/// The well-typed expression that a series of choices stands for: the same choices, the same expression. For fuzzers,
/// whose input are bytes.
pub fn well_typed_from(env: &Env, ty: &Type, choices: &[u8]) -> String {
    build::Builder::new(env, choices).expression(ty)
}

/// A type that literals and standard functions make: scalars, and lists, maps and optionals of them.
pub fn any_type() -> impl Strategy<Value = Type> {
    let scalar = prop::sample::select(build::SCALARS.to_vec());
    scalar.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(|value| Type::map(Type::String, value)),
            inner.prop_map(Type::optional),
        ]
    })
}

/// Text that is often no expression: tokens of the language in any order, with some that it does not have.
pub fn tokens() -> impl Strategy<Value = String> {
    const TOKENS: [&str; 48] = [
        "a", "x", "_", "1", "-2", "3u", "1.5", "1e400", "0xff", "'t'", "\"t\"", "r'\\'", "b'\\xff'", "'''",
        "true", "null", "in", "has", ".", ".?", "[?", "{?", "?", ":", ",", "(", ")", "[", "]", "{", "}", "+",
        "-", "*", "/", "%", "!", "==", "<=", "&&", "||", "`a-b`", ".all(", ".map(", "//c\n", "\\", "é", "😀",
    ];
    let token = prop_oneof![9 => prop::sample::select(TOKENS.to_vec()).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    (collection::vec(token, 0..40), any::<bool>())
        .prop_map(|(tokens, spaced)| tokens.join(if spaced { " " } else { "" }))
}
