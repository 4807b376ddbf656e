//! Definitions of any size: Deployments, Services and `ConfigMap`s that refer to each other, with `readyWhen`,
//! `includeWhen` and one status field. Text, because a definition starts as text.

use std::fmt::Write;

/// A definition with this many nodes, as YAML.
pub(super) fn yaml(nodes: usize) -> String {
    let mut text = String::from(HEAD);
    for node in 0..nodes {
        let _ = match node % 3 {
            0 => config(&mut text, node),
            1 => deployment(&mut text, node),
            _ => service(&mut text, node),
        };
    }
    text
}

const HEAD: &str = "\
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata:
  name: shop
spec:
  schema:
    apiVersion: v1alpha1
    kind: Shop
    spec:
      name: string | required=true
      image: string | default=\"nginx\"
      replicas: integer | default=2 minimum=0 maximum=100
      port: integer | default=8080
      public: boolean | default=true
      labels: map[string]string
    status:
      name: ${config0.metadata.name}
  resources:
";

fn config(text: &mut String, node: usize) -> std::fmt::Result {
    // From the second one on, each refers to the Service before it.
    let upstream = match node {
        0 => "${schema.spec.name}".to_owned(),
        _ => format!("http://${{service{}.metadata.name}}:${{string(schema.spec.port)}}", node - 1),
    };
    write!(
        text,
        "
    - id: config{node}
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: ${{schema.spec.name}}-{node}
          labels: ${{schema.spec.labels}}
        data:
          upstream: {upstream}
          mode: >-
            ${{schema.spec.public ? 'public' : 'private'}}
          size: ${{string(schema.spec.replicas)}}
"
    )
}

fn deployment(text: &mut String, node: usize) -> std::fmt::Result {
    let config = node - 1;
    write!(
        text,
        "
    - id: deployment{node}
      readyWhen:
        - ${{deployment{node}.status.readyReplicas == deployment{node}.status.replicas}}
      template:
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: ${{schema.spec.name}}-{node}
        spec:
          replicas: ${{schema.spec.replicas}}
          selector:
            matchLabels:
              app: ${{schema.spec.name}}
          template:
            metadata:
              labels:
                app: ${{schema.spec.name}}
            spec:
              containers:
                - name: app
                  image: ${{schema.spec.image}}
                  ports:
                    - containerPort: ${{schema.spec.port}}
                  envFrom:
                    - configMapRef:
                        name: ${{config{config}.metadata.name}}
                  resources:
                    requests:
                      cpu: 100m
                      memory: 128Mi
"
    )
}

fn service(text: &mut String, node: usize) -> std::fmt::Result {
    let deployment = node - 1;
    write!(
        text,
        "
    - id: service{node}
      includeWhen:
        - ${{schema.spec.public}}
      template:
        apiVersion: v1
        kind: Service
        metadata:
          name: ${{deployment{deployment}.metadata.name}}
        spec:
          selector: ${{deployment{deployment}.spec.selector.matchLabels}}
          ports:
            - port: 80
              targetPort: ${{schema.spec.port}}
"
    )
}
