//! Where the kinds of a case come from: the built-in ones, CRD files, and CRDs that the case itself carries.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use kro_graph::{GraphSource, Kinds, required_kinds};
use kro_object::Object;
use serde_json::Value;

/// The files of the gold folder, each read once.
pub(in crate::suites) struct Files {
    gold: PathBuf,
    read: BTreeMap<String, Kinds>,
}

impl Files {
    pub(in crate::suites) fn new(gold: &Path) -> Self {
        Self { gold: gold.to_path_buf(), read: BTreeMap::new() }
    }

    /// The kinds that a case may use.
    pub(in crate::suites) fn kinds(&mut self, case: &Value, source: &GraphSource) -> anyhow::Result<Kinds> {
        let mut kinds = Kinds::default();
        for (gvk, _) in required_kinds(source) {
            if let (Some(resource), Some(schema)) =
                (kro_k8s_schemas::kinds().iter().find(|kind| kind.gvk == gvk), kro_k8s_schemas::schema(&gvk))
            {
                kinds.insert(resource.clone(), schema);
            }
        }
        let requires = &case["requires"];
        for file in requires["crds"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let read = self.read(file)?;
            kinds.by_gvk.extend(read.by_gvk.iter().map(|(gvk, kind)| (gvk.clone(), kind.clone())));
        }
        for crd in requires["generatedCrds"].as_array().into_iter().flatten() {
            kinds.insert_crd(&Object::from_value(crd.clone())?)?;
        }
        Ok(kinds)
    }

    fn read(&mut self, file: &str) -> anyhow::Result<&Kinds> {
        if !self.read.contains_key(file) {
            let path = self.gold.join(file);
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut kinds = Kinds::default();
            let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
                .map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
            for document in
                documents.into_iter().filter(|document| document["kind"] == "CustomResourceDefinition")
            {
                kinds.insert_crd(&Object::from_value(document)?)?;
            }
            self.read.insert(file.to_owned(), kinds);
        }
        Ok(&self.read[file])
    }
}
