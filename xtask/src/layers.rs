//! The crate graph and its budgets as data. Arrows point at what is used; no arrow goes up.

/// Where a crate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// No I/O, no waiting, no clock, no randomness, no environment.
    Pure,
    /// The embedded server: a synchronous core in an async shell, no Kubernetes client.
    Shell,
    /// Talks to a cluster.
    Async,
    /// Binaries, simulation, runners.
    Rim,
}

/// One crate: its folder, its tier and which of ours it may use.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) dir: &'static str,
    pub(crate) tier: Tier,
    pub(crate) may_use: &'static [&'static str],
}

const fn layer(dir: &'static str, tier: Tier, may_use: &'static [&'static str]) -> Layer {
    Layer { dir, tier, may_use }
}

/// Every crate of the workspace.
pub(crate) const LAYERS: &[Layer] = &[
    layer("crates/gotext", Tier::Pure, &[]),
    layer("crates/object", Tier::Pure, &[]),
    layer("crates/cel", Tier::Pure, &["gotext"]),
    layer("crates/diagnostic", Tier::Pure, &["object"]),
    layer("crates/schema", Tier::Pure, &["gotext", "object"]),
    layer("crates/api", Tier::Pure, &["gotext", "object", "diagnostic"]),
    layer("crates/simple-schema", Tier::Pure, &["object", "diagnostic", "schema"]),
    layer("crates/cel-k8s", Tier::Pure, &["gotext", "object", "schema", "cel"]),
    layer("crates/structured-merge", Tier::Pure, &["object", "schema"]),
    layer("crates/k8s-schemas", Tier::Pure, &["object", "schema"]),
    layer(
        "crates/graph",
        Tier::Pure,
        &["object", "diagnostic", "schema", "simple-schema", "cel", "cel-k8s", "api"],
    ),
    layer("crates/plan", Tier::Pure, &["object", "schema", "cel", "cel-k8s", "graph"]),
    layer(
        "crates/apiserver",
        Tier::Shell,
        &["gotext", "object", "schema", "cel", "cel-k8s", "structured-merge", "k8s-schemas"],
    ),
    layer("crates/cluster", Tier::Async, &["object", "schema"]),
    layer("crates/apply", Tier::Async, &["object", "cluster"]),
    layer(
        "crates/controller",
        Tier::Async,
        &["object", "diagnostic", "schema", "api", "graph", "plan", "cluster", "apply"],
    ),
    layer("operator", Tier::Rim, &["object", "cluster", "controller"]),
    layer(
        "crates/sim",
        Tier::Rim,
        &[
            "gotext",
            "cel",
            "object",
            "diagnostic",
            "api",
            "graph",
            "plan",
            "apply",
            "ide",
            "k8s-schemas",
            "apiserver",
            "cluster",
            "controller",
        ],
    ),
    layer(
        "crates/cli",
        Tier::Rim,
        &[
            "sim",
            "object",
            "diagnostic",
            "schema",
            "api",
            "cel",
            "cel-k8s",
            "graph",
            "plan",
            "k8s-schemas",
            "apiserver",
            "cluster",
            "controller",
            "operator",
            "simple-schema",
            "ide",
        ],
    ),
    layer(
        "crates/ide",
        Tier::Pure,
        &["object", "diagnostic", "schema", "simple-schema", "api", "cel", "graph", "k8s-schemas"],
    ),
    layer("crates/conformance", Tier::Rim, &["*"]),
    layer("crates/bench", Tier::Rim, &["*"]),
    layer("crates/clients", Tier::Rim, &[]),
    layer("crates/soak", Tier::Rim, &["object", "api", "apiserver", "sim"]),
    layer("crates/codegen", Tier::Rim, &["*"]),
    layer("crates/fuzz", Tier::Rim, &["*"]),
    layer("xtask", Tier::Rim, &[]),
];

/// Third-party crates that a tier may not name.
pub(crate) const FORBIDDEN: &[(Tier, &[&str])] = &[
    (
        Tier::Pure,
        &[
            "tokio",
            "futures-util",
            "hyper",
            "hyper-util",
            "http",
            "kube-client",
            "kube-runtime",
            "k8s-openapi",
            "tracing",
            "notify",
            "rustls",
            "clap",
            "anyhow",
            "rand",
        ],
    ),
    // `kube-client` and `k8s-openapi` are there behind features that are off: a client in the same process.
    (Tier::Shell, &["kube-runtime", "clap", "anyhow", "rand", "notify"]),
    (Tier::Async, &["clap", "anyhow", "rand", "notify"]),
];

/// Lines after which a source file must be redesigned.
pub(crate) const FILE_LINES: usize = 900;
/// Lines of the operator's `main.rs`.
pub(crate) const OPERATOR_MAIN_LINES: usize = 30;
/// Lines of the operator package.
pub(crate) const OPERATOR_LINES: usize = 700;
