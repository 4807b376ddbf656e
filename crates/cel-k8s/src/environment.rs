//! Which of the libraries, in which version, an expression sees where. The language's own libraries are the host's to
//! add: they come from `kro-cel`.

use kro_cel::{Library, Options};

use crate::{
    library::{Cidrs, Formats, Ips, Lists, Quantities, Regexes, Semvers, Sets, Urls},
    net::Mapped,
};

/// Kubernetes' libraries as kro enables them, next to kro's own.
pub fn kro() -> &'static [&'static dyn Library] {
    &[
        &Lists { version: 0 },
        &Urls,
        &Regexes,
        &Quantities,
        &Ips { mapped: Mapped::Refuse },
        &Cidrs { mapped: Mapped::Refuse },
        &Semvers { version: 0 },
    ]
}

/// The network extension of CEL itself.
pub fn network_extension() -> &'static [&'static dyn Library] {
    &[&Ips { mapped: Mapped::ReadHexadecimal }, &Cidrs { mapped: Mapped::ReadHexadecimal }]
}

/// The libraries of validation rules in Kubernetes 1.`minor`.
pub fn kubernetes(minor: u32) -> Vec<&'static dyn Library> {
    const SINCE: [(u32, &dyn Library); 10] = [
        (0, &Lists { version: 0 }),
        (0, &Urls),
        (0, &Regexes),
        (28, &Quantities),
        (29, &Sets),
        (30, &Ips { mapped: Mapped::Refuse }),
        (30, &Cidrs { mapped: Mapped::Refuse }),
        (31, &Formats),
        (33, &Semvers { version: 1 }),
        (37, &Lists { version: 1 }),
    ];
    SINCE.iter().filter(|(since, _)| *since <= minor).map(|(_, library)| *library).collect()
}

/// The dialect of validation rules in Kubernetes 1.`minor`.
pub fn kubernetes_options(minor: u32) -> Options {
    Options {
        optional_syntax: minor >= 28,
        mixed_comparisons: minor >= 28,
        quoted_fields: false,
        homogeneous_literals: true,
        fold_constants: true,
        free_presence_tests: true,
        ..Options::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kro_cel::{Env, NoTypes};

    use super::{kro, kubernetes, network_extension};

    #[test]
    fn versions() {
        let has =
            |libraries: &[_], function: &str| Env::new(libraries, Arc::new(NoTypes)).has_function(function);
        for (function, since) in [
            ("url", 0),
            ("quantity", 28),
            ("sets.contains", 29),
            ("ip", 30),
            ("format.named", 31),
            ("isSemver", 33),
            ("includes", 37),
        ] {
            assert!(has(&kubernetes(since), function), "{function}");
            assert!(since == 0 || !has(&kubernetes(since - 1), function), "{function}");
        }
        assert!(has(kro(), "quantity") && !has(kro(), "includes") && !has(kro(), "format.named"));
        assert!(has(network_extension(), "cidr"));
    }

    #[test]
    fn overloads_have_ids_of_their_own() {
        let libraries = [kubernetes(37), vec![&crate::library::JsonPatch]].concat();
        let env = Env::new(&libraries, Arc::new(NoTypes));
        let mut ids: Vec<_> = env.overloads().map(|overload| overload.id.clone()).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
