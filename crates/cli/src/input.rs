//! What commands that compile definitions are given: paths, and where the kinds come from. Reads, and compiles through
//! `kro-ide` and, for a cluster, `kro-cluster`; the compiler is the operator's.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use kro_cluster::{Cluster, Error};
use kro_graph::{CompileOptions, required_kinds};
use kro_ide::{Catalog, Definition, compile_all};
use kro_object::{Gvk, Object};
use kro_schema::openapi::Document;
use kube_client::config::KubeConfigOptions;

use crate::crds::{CrdFiles, may_declare};
use crate::output::Advice;
use crate::project::{Manifest, Project, Role, files_at, holds_crds_only, read_text};

/// Definitions and the kinds they can use.
#[derive(Debug, clap::Args)]
pub(crate) struct Input {
    /// Files and folders with definitions, and with the CRDs they use; `-` is standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Files and folders with more CRDs, bundles of up to 128 MiB.
    #[arg(long, value_name = "PATH")]
    crds: Vec<PathBuf>,
    /// A folder with the OpenAPI v3 documents of another version of Kubernetes, as `/openapi/v3` serves them.
    #[arg(long, value_name = "DIR", conflicts_with = "context")]
    schemas: Option<PathBuf>,
    /// Take all other kinds from the cluster behind this context of the kubeconfig, instead of the built-in ones.
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// Allow `omit()` in templates (upstream's feature gate CELOmitFunction).
    #[arg(long)]
    omit: bool,
}

/// What was read and what became of it.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The files.
    pub(crate) project: Project,
    /// One for each definition of the project, in its order.
    pub(crate) definitions: Vec<Definition>,
}

impl Input {
    /// Where definitions and CRDs are.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter().chain(&self.crds)
    }

    /// Reads and compiles everything.
    pub(crate) fn load(&self) -> anyhow::Result<Loaded> {
        let (mut project, aside) = Project::read_but(&self.paths, holds_crds_only)?;
        let mut crds = CrdFiles::new(aside);
        for path in &self.crds {
            crds.extend(files_at(path, &["yaml", "yml", "json"])?);
        }
        let objects: Vec<Object> = project.definitions().map(|manifest| manifest.object.clone()).collect();
        let sources: Vec<_> = objects.iter().filter_map(|object| kro_ide::read(object).0).collect();
        let needed: Vec<Gvk> = sources
            .iter()
            .flat_map(|source| required_kinds(source).into_iter().map(|(gvk, _)| gvk))
            .collect();
        let made: Vec<&Gvk> = sources.iter().map(|source| &source.instance.gvk).collect();

        let mut catalog = self.base(&needed)?;
        for manifest in project.manifests.iter().filter(|manifest| manifest.role == Role::Crd) {
            // What cannot be read as a CRD is left out: the server will say why.
            let _ = catalog.insert_crd(&manifest.object);
        }
        let is_needed = |text: &str| needed.iter().any(|gvk| may_declare(text, gvk));
        crds.read(is_needed, &mut project, &mut catalog)?;
        let missing = |gvk: &Gvk| catalog.find(gvk).is_none() && !made.contains(&gvk);
        if needed.iter().any(missing) {
            // Their names are suggestions.
            crds.read(|text| !is_needed(text), &mut project, &mut catalog)?;
        }
        let definitions = compile_all(
            &objects.iter().collect::<Vec<_>>(),
            &mut catalog,
            &CompileOptions { omit: self.omit, ..CompileOptions::default() },
        );
        Ok(Loaded { project, definitions })
    }

    /// The kinds that do not come from CRD files.
    fn base(&self, needed: &[Gvk]) -> anyhow::Result<Catalog> {
        if let Some(context) = &self.context {
            return super::commands::block_on(live(context, needed))?;
        }
        let Some(folder) = &self.schemas else { return Ok(Catalog::builtin()) };
        let mut catalog = Catalog::empty();
        let mut documents = 0;
        for file in files_at(folder, &["json"])? {
            let json: serde_json::Value = serde_json::from_str(&read_text(&file)?)
                .with_context(|| format!("{} is not JSON", file.display()))?;
            if json.get("components").is_none() {
                continue;
            }
            let document = Document::parse(Arc::new(json))
                .with_context(|| format!("{} is no OpenAPI v3 document", file.display()))?;
            catalog.insert_document(&Arc::new(document));
            documents += 1;
        }
        if documents == 0 {
            return Err(Advice::new(
                format!("there is no OpenAPI v3 document in {}", folder.display()),
                "`kubectl get --raw /openapi/v3/apis/apps/v1 > DIR/apps-v1.json` saves one; each group needs one",
            )
            .into());
        }
        Ok(catalog)
    }
}

impl Loaded {
    /// The definitions with where they stand.
    pub(crate) fn compiled(&self) -> impl Iterator<Item = (&Manifest, &Definition)> {
        self.project.definitions().zip(&self.definitions)
    }

    /// Refuses a project without definitions.
    pub(crate) fn require_definitions(&self, input: &Input) -> anyhow::Result<()> {
        if !self.definitions.is_empty() || !self.project.problems.is_empty() {
            return Ok(());
        }
        let paths: Vec<String> = input.paths.iter().map(|path| path.display().to_string()).collect();
        Err(Advice::new(
            format!("no ResourceGraphDefinition in {}", paths.join(", ")),
            "a definition has `apiVersion: kro.run/v1alpha1` and `kind: ResourceGraphDefinition`",
        )
        .into())
    }

    /// The graphs with their definitions. When a definition is not valid, says on standard error what
    /// is wrong with it.
    pub(crate) fn graphs(&self, input: &Input) -> anyhow::Result<Vec<(&Object, &kro_graph::Graph)>> {
        self.project.require_manifests()?;
        self.require_definitions(input)?;
        let mut graphs = Vec::new();
        for (manifest, definition) in self.compiled() {
            let Some(graph) = &definition.graph else {
                let name = manifest.object.key().name;
                anstream::eprintln!("{}", self.project.render(manifest, &definition.diagnostics));
                return Err(Advice::new(
                    format!("{name} is not valid"),
                    "`kro validate` shows every mistake",
                )
                .into());
            };
            graphs.push((&manifest.object, graph));
        }
        Ok(graphs)
    }
}

/// The kinds that a cluster serves, as far as they are needed.
async fn live(context: &str, needed: &[Gvk]) -> anyhow::Result<Catalog> {
    let options = KubeConfigOptions { context: Some(context.to_owned()), ..KubeConfigOptions::default() };
    let config = kube_client::Config::from_kubeconfig(&options).await.with_context(|| {
        Advice::new(
            format!("cannot use the context {context:?} of the kubeconfig"),
            "`kubectl config get-contexts` lists them; KUBECONFIG names the file",
        )
    })?;
    let client = kube_client::Client::try_from(config).context("cannot make a client for the cluster")?;
    let cluster = Cluster::new(client, kro_cluster::Options::default());
    let mut catalog = Catalog::empty();
    let ask = || format!("cannot ask the cluster of context {context:?} for its kinds");
    for gvk in needed {
        match cluster.kind(gvk).await {
            Ok(resource) => {
                let schemas = cluster.schemas([gvk.clone()]).await.with_context(ask)?;
                if let Some(schema) = schemas.get(gvk) {
                    catalog.insert(resource, Arc::clone(schema));
                }
            }
            Err(Error::UnknownKind(_)) => {}
            Err(error) => return Err(error).with_context(ask),
        }
    }
    Ok(catalog)
}
