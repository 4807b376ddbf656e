//! Questions of editors, with a cursor in the text.

mod complete;
mod definitions;
mod format;
mod hover;
mod navigate;

use kro_ide::Catalog;

/// A definition with a resource, a collection, an external reference and a status.
pub(crate) const DEFINITION: &str = "\
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata:
  name: web
spec:
  schema:
    apiVersion: v1alpha1
    kind: Web
    spec:
      name: string | required=true description=\"what it is called\"
      size: integer | default=1
      hosts: '[]string'
      image: Image
    types:
      Image:
        tag: string
    status:
      ready: ${deployment.status.readyReplicas}
  resources:
    - id: deployment
      readyWhen:
        - ${deployment.status.readyReplicas > 0}
      template:
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: ${schema.spec.name}
        spec:
          replicas: ${schema.spec.size}
          selector: {matchLabels: {app: \"${schema.spec.name}\"}}
          template:
            metadata: {labels: {app: \"${schema.spec.name}\"}}
            spec:
              containers:
                - name: web
                  image: nginx:${schema.spec.image.tag}
    - id: pages
      forEach:
        - host: ${schema.spec.hosts}
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: ${schema.spec.name}-${host}
        data:
          size: ${string(deployment.spec.replicas)}
    - id: settings
      externalRef:
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
";

/// Text and cursor of [`DEFINITION`] with `new` in place of the first `old`; the cursor is at `$0` in `new`.
#[track_caller]
pub(crate) fn with_cursor(old: &str, new: &str) -> (String, usize) {
    assert!(DEFINITION.contains(old), "{old}");
    let text = DEFINITION.replacen(old, new, 1);
    let at = text.find("$0").expect("a cursor");
    (text.replacen("$0", "", 1), at)
}

pub(crate) fn catalog() -> Catalog {
    Catalog::builtin()
}
