//! The installed form is what the operator of this version needs: the same CRDs, the same version, known flags.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_crds_are_those_of_the_operator() {
    for name in ["kro.run_resourcegraphdefinitions.yaml", "internal.kro.run_graphrevisions.yaml"] {
        let ours = read(&format!("../crates/api/crds/{name}"));
        assert_eq!(
            read(&format!("chart/crds/{name}")),
            ours,
            "copy crates/api/crds/{name} to operator/chart/crds"
        );
    }
}

#[test]
fn the_version_is_that_of_the_operator() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = read("chart/Chart.yaml");
    for line in [format!("version: {version}"), format!("appVersion: {version}")] {
        assert!(chart.lines().any(|found| found == line), "Chart.yaml lacks {line:?}");
    }
    let install = read("install.yaml");
    assert!(install.contains(&format!("kro-operator:{version}")), "cargo xtask codegen install");
}

#[test]
fn the_flags_of_the_manifest_are_known() {
    use clap::Parser;
    let install = read("install.yaml");
    let flags = install.lines().filter_map(|line| line.trim().strip_prefix("- --"));
    let flags: Vec<String> = flags.map(|flag| format!("--{flag}")).collect();
    assert!(flags.len() >= 4, "{flags:?}");
    let words = std::iter::once("kro-operator".to_owned()).chain(flags);
    kro_operator::Args::try_parse_from(words).expect("flags that the operator knows");
}

#[test]
fn the_pod_is_restricted() {
    let install = read("install.yaml");
    for line in [
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "pod-security.kubernetes.io/enforce: restricted",
    ] {
        assert!(install.contains(line), "{line}");
    }
}
