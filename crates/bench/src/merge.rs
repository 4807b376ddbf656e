//! The cases of `structured-merge-go.json`, beside the Go library: the same Deployment, the same four managers, the same operations.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use kro_structured_merge::{Duplicates, FieldSet, Keys, MergeSchema, OnConflict, Owner, Ownership, Updater};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::go;
use crate::measure::{Effort, Figures, measure};

/// Structured merge beside the Go library.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with the data and the Go figures.
    #[arg(long, default_value = "../shared/bench")]
    gold: PathBuf,
    /// Repetitions of each case.
    #[arg(long, default_value_t = 25)]
    reps: usize,
    /// Run only cases whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Where to write the figures as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct State {
    live: Value,
    user: Value,
    managers: BTreeMap<String, Manager>,
}

#[derive(Debug, Deserialize)]
struct Manager {
    applied: bool,
    fields: FieldSet,
}

#[derive(Debug, Deserialize)]
struct Baseline {
    cases: Vec<go::Case>,
}

const VERSION: &str = "apps/v1";
const ROOT: &str = "io.k8s.api.apps.v1.Deployment";

/// Runs the cases and prints them beside those of the Go program.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let model: Value = kro_bench::read(&args.gold.join("data/deployment.merge-schema.json"))?;
    let state: State = kro_bench::read(&args.gold.join("data/deployment.merge-state.json"))?;
    let baseline: Baseline = go::figures(&args.gold, "merge", "structured-merge-go.json")?;
    let schema = MergeSchema::from_model(&model, ROOT)?;
    let effort = Effort::small(args.reps);

    let mut all = Vec::new();
    println!("{}", go::Case::HEADER);
    for case in &baseline.cases {
        if args.only.as_deref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let bench = Bench { schema: &schema, state: &state, effort };
        let figures = bench.case(&case.name).with_context(|| format!("no case {}", case.name))?;
        println!("{}", case.beside(&figures));
        all.push(figures);
    }
    if let Some(out) = &args.out {
        std::fs::write(out, serde_json::to_vec_pretty(&json!({ "cases": all }))?)?;
    }
    Ok(())
}

struct Bench<'a> {
    schema: &'a MergeSchema,
    state: &'a State,
    effort: Effort,
}

impl Bench<'_> {
    fn case(&self, name: &str) -> Option<Figures> {
        let Self { schema, state: State { live, user, .. }, effort } = *self;
        let owned = |manager: &str| self.state.managers[manager].fields.clone();
        let changed = |pointer: &str, value: Value| {
            let mut config = user.clone();
            if let Some(place) = config.pointer_mut(pointer) {
                *place = value;
            }
            config
        };
        let container = "/spec/template/spec/containers/0";
        let figures = match name {
            "validate" => measure(name, effort, || (), |()| schema.check(live, Duplicates::Refuse)),
            "to-field-set" => measure(name, effort, || (), |()| schema.field_set(live)),
            "to-field-set-config" => measure(name, effort, || (), |()| schema.field_set(user)),
            "compare-equal" => {
                let same = live.clone();
                measure(name, effort, || (), |()| schema.compare(live, &same))
            }
            "compare-changed" => {
                let status = self.changed_status();
                measure(name, effort, || (), |()| schema.compare(live, &status))
            }
            "merge" => measure(name, effort, || (), |()| schema.merge(live, user)),
            "apply-same" => self.apply(name, user, OnConflict::Report, "kubectl"),
            "apply-new-image" => {
                let image = json!("registry.example.com/shop/frontend:v1.25.0");
                let config = changed(&format!("{container}/image"), image);
                self.apply(name, &config, OnConflict::Report, "kubectl")
            }
            "apply-remove-env" => {
                let mut config = user.clone();
                if let Some(container) = config.pointer_mut(container).and_then(Value::as_object_mut) {
                    container.remove("env");
                }
                self.apply(name, &config, OnConflict::Report, "kubectl")
            }
            "apply-conflict" | "apply-force" => {
                let mut config = user.clone();
                config["spec"]["replicas"] = 5.into();
                let on_conflict = if name == "apply-force" { OnConflict::Force } else { OnConflict::Report };
                self.apply(name, &config, on_conflict, "kubectl")
            }
            "apply-new-manager" => self.apply(name, user, OnConflict::Report, "second"),
            "apply-create" => {
                let updater = Updater::new(schema);
                measure(
                    name,
                    effort,
                    || (),
                    |()| {
                        let manager = "kubectl".to_owned();
                        updater.apply(
                            &Value::Null,
                            user,
                            VERSION,
                            Ownership::new(),
                            &manager,
                            OnConflict::Report,
                        )
                    },
                )
            }
            "update-status" => {
                let (updater, status) = (Updater::new(schema), self.changed_status());
                let manager = "controller".to_owned();
                measure(
                    name,
                    effort,
                    || self.owners(),
                    |owners| updater.update(live, &status, VERSION, std::mem::take(owners), &manager),
                )
            }
            "apply-same-from-json" => self.whole_request(name),
            "fieldsv1-decode" => {
                let text = schema.field_set(user).to_fields_v1();
                measure(name, effort, || (), |()| FieldSet::from_fields_v1(&text))
            }
            "fieldsv1-encode" => {
                let set = schema.field_set(user);
                measure(name, effort, || (), |()| set.to_fields_v1())
            }
            "set-union" => {
                let (a, b) = (schema.field_set(user), owned("controller"));
                measure(name, effort, || (), |()| a.union(&b))
            }
            "set-intersection" => {
                let (a, b) = (schema.field_set(live), schema.field_set(user));
                measure(name, effort, || (), |()| a.intersection(&b))
            }
            "set-difference" => {
                let (a, b) = (schema.field_set(live), owned("kubectl").union(&owned("mesh")));
                measure(name, effort, || (), |()| a.difference(&b))
            }
            "remove-items" => {
                let fields = owned("controller");
                // Few at a time: the Go program, which copies, works on the same object again and again.
                let effort = Effort { batch: 8, ..effort };
                measure(name, effort, || live.clone(), |live| schema.remove(live, &fields))
            }
            "extract-items" => {
                let fields = schema.field_set(user);
                measure(name, effort, || live.clone(), |live| schema.extract(live, &fields, Keys::AsListed))
            }
            "deduced-apply-same" => self.deduced(name),
            _ => return None,
        };
        Some(figures)
    }

    fn apply(&self, name: &str, config: &Value, on_conflict: OnConflict, manager: &str) -> Figures {
        let (updater, manager) = (Updater::new(self.schema), manager.to_owned());
        measure(
            name,
            self.effort,
            || self.owners(),
            |owners| {
                let owners = std::mem::take(owners);
                updater.apply(&self.state.live, config, VERSION, owners, &manager, on_conflict)
            },
        )
    }

    fn whole_request(&self, name: &str) -> Figures {
        let (live, user) = (self.state.live.to_string(), self.state.user.to_string());
        let sets: Vec<(String, String, bool)> = self
            .state
            .managers
            .iter()
            .map(|(name, manager)| (name.clone(), manager.fields.to_fields_v1(), manager.applied))
            .collect();
        let (updater, manager) = (Updater::new(self.schema), "kubectl".to_owned());
        let run = || -> anyhow::Result<(String, Vec<String>)> {
            let live: Value = serde_json::from_str(&live)?;
            let user: Value = serde_json::from_str(&user)?;
            let mut owners = Ownership::new();
            for (name, fields, applied) in &sets {
                let fields = FieldSet::from_fields_v1(fields)?;
                let owner = Owner { fields, version: VERSION.to_owned(), applied: *applied };
                owners.insert(name.clone(), owner);
            }
            let applied = updater.apply(&live, &user, VERSION, owners, &manager, OnConflict::Report)?;
            let object = applied.object.as_deref().unwrap_or(&live);
            Ok((
                object.to_string(),
                applied.owners.values().map(|owner| owner.fields.to_fields_v1()).collect(),
            ))
        };
        measure(name, self.effort, || (), |()| run())
    }

    fn deduced(&self, name: &str) -> Figures {
        let schema = MergeSchema::deduced();
        let (updater, manager) = (Updater::new(&schema), "kubectl".to_owned());
        let owner =
            Owner { fields: schema.field_set(&self.state.user), version: VERSION.to_owned(), applied: true };
        let owners = Ownership::from([(manager.clone(), owner)]);
        measure(
            name,
            self.effort,
            || owners.clone(),
            |owners| {
                let owners = std::mem::take(owners);
                updater.apply(
                    &self.state.user,
                    &self.state.user,
                    VERSION,
                    owners,
                    &manager,
                    OnConflict::Report,
                )
            },
        )
    }

    fn owners(&self) -> Ownership {
        let owner = |manager: &Manager| Owner {
            fields: manager.fields.clone(),
            version: VERSION.to_owned(),
            applied: manager.applied,
        };
        self.state.managers.iter().map(|(name, manager)| (name.clone(), owner(manager))).collect()
    }

    fn changed_status(&self) -> Value {
        let mut status = self.state.live.clone();
        status["status"]["readyReplicas"] = 2.into();
        status["status"]["conditions"][0]["status"] = "False".into();
        status
    }
}
