//! Folders with files, `kro` run in them, and small definitions.

use std::fs;
use std::path::Path;

use serde_json::Value;
use snapbox::cmd::{Command, OutputAssert, cargo_bin};

/// A folder with the given files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        fs::write(path, text).expect("a file is written");
    }
    folder
}

/// `kro` with these words in a folder.
pub(crate) fn kro(folder: &Path, words: &[&str]) -> Command {
    Command::new(cargo_bin!("kro")).args(words).current_dir(folder).env_remove("KUBECONFIG")
}

/// The same in a new folder with these files.
pub(crate) fn run(files: &[(&str, &str)], words: &[&str]) -> OutputAssert {
    kro(folder(files).path(), words).assert()
}

/// What was printed, as JSON.
pub(crate) fn json(assert: &OutputAssert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).expect("JSON")
}

/// Makes `kind` out of an object of another kind.
pub(crate) fn definition(kind: &str, made: &str) -> String {
    let name = kind.to_lowercase();
    format!(
        "apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nmetadata:\n  name: {name}\nspec:\n  schema:\n    \
         apiVersion: v1alpha1\n    kind: {kind}\n    spec:\n      size: integer | default=1 minimum=1\n  resources:\n    \
         - id: one\n      template:\n{made}"
    )
}

/// A `ConfigMap` with the field of the instance.
pub(crate) const MAP: &str = "        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: ${schema.metadata.name}
        data:
          size: ${string(schema.spec.size)}
";
/// A `Site`, the kind of [`CRD`].
pub(crate) const SITE: &str = "        apiVersion: test.dev/v1
        kind: Site
        metadata:
          name: ${schema.metadata.name}
        spec:
          size: ${schema.spec.size}
";
/// An `Inner`, a kind that another definition may make.
pub(crate) const INNER: &str = "        apiVersion: kro.run/v1alpha1
        kind: Inner
        metadata:
          name: ${schema.metadata.name}
        spec:
          size: ${schema.spec.size}
";
/// A CRD.
pub(crate) const CRD: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: sites.test.dev
spec:
  group: test.dev
  scope: Namespaced
  names: {kind: Site, plural: sites}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
";
