//! The CEL dialect of definitions: which libraries, with which names. One for all compilations.

use crate::functions::{self, ConditionTypes};
use kro_cel::{Env, Library, NoTypes, Types, library as cel};
use kro_cel_k8s::{KubernetesCosts, library, net::Mapped};
use std::sync::{Arc, LazyLock};

/// Every library and no variable.
static BASE: LazyLock<Env> = LazyLock::new(|| {
    let kubernetes: [&dyn Library; 7] = [
        &library::Lists { version: 0 },
        &library::Urls,
        &library::Regexes,
        &library::Quantities,
        &library::Ips { mapped: Mapped::Refuse },
        &library::Cidrs { mapped: Mapped::Refuse },
        &library::Semvers { version: 0 },
    ];
    let language: [&dyn Library; 7] = [
        &cel::Standard,
        &cel::Strings::LATEST,
        &cel::Lists,
        &cel::Encoders,
        &cel::Bindings,
        &cel::Optionals,
        &cel::TwoVariables,
    ];
    Env::new(&language, Arc::new(NoTypes))
        .with_libraries(&kubernetes)
        .with_libraries(functions::libraries())
        .with_costs(Arc::new(KubernetesCosts))
});

/// The environment to parse in and to find references with.
pub fn base() -> &'static Env {
    &BASE
}

/// The environment to check in, with these struct types.
pub(crate) fn typed(types: Arc<dyn Types>) -> Env {
    BASE.with_types(Arc::new(ConditionTypes(types)))
}
