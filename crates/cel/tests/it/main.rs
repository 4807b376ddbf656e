//! The crate as its users see it.

mod cost;
mod estimate;
mod evaluate;
mod limits;
mod properties;
mod quick;

use std::sync::Arc;

use kro_cel::{Env, NoTypes, library};

/// The language with all its extensions.
fn everything() -> Env {
    Env::new(&[&library::Standard], Arc::new(NoTypes)).with_libraries(library::EXTENSIONS)
}
