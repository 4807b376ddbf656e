//! Resource types from the paths of OpenAPI documents. Short names and categories are not in there: they are a table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Short names by group and plural.
const SHORT_NAMES: &[(&str, &str, &[&str])] = &[
    ("", "componentstatuses", &["cs"]),
    ("", "configmaps", &["cm"]),
    ("", "endpoints", &["ep"]),
    ("", "events", &["ev"]),
    ("", "limitranges", &["limits"]),
    ("", "namespaces", &["ns"]),
    ("", "nodes", &["no"]),
    ("", "persistentvolumeclaims", &["pvc"]),
    ("", "persistentvolumes", &["pv"]),
    ("", "pods", &["po"]),
    ("", "replicationcontrollers", &["rc"]),
    ("", "resourcequotas", &["quota"]),
    ("", "serviceaccounts", &["sa"]),
    ("", "services", &["svc"]),
    ("apiextensions.k8s.io", "customresourcedefinitions", &["crd", "crds"]),
    ("apps", "daemonsets", &["ds"]),
    ("apps", "deployments", &["deploy"]),
    ("apps", "replicasets", &["rs"]),
    ("apps", "statefulsets", &["sts"]),
    ("autoscaling", "horizontalpodautoscalers", &["hpa"]),
    ("batch", "cronjobs", &["cj"]),
    ("certificates.k8s.io", "certificatesigningrequests", &["csr"]),
    ("events.k8s.io", "events", &["ev"]),
    ("networking.k8s.io", "ingresses", &["ing"]),
    ("networking.k8s.io", "ipaddresses", &["ip"]),
    ("networking.k8s.io", "networkpolicies", &["netpol"]),
    ("policy", "poddisruptionbudgets", &["pdb"]),
    ("scheduling.k8s.io", "priorityclasses", &["pc"]),
    ("storage.k8s.io", "storageclasses", &["sc"]),
    ("storage.k8s.io", "volumeattributesclasses", &["vac"]),
];

/// Categories by group and plural.
const CATEGORIES: &[(&str, &str, &[&str])] = &[
    ("", "pods", &["all"]),
    ("", "replicationcontrollers", &["all"]),
    ("", "services", &["all"]),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicies", &["api-extensions"]),
    ("admissionregistration.k8s.io", "mutatingadmissionpolicybindings", &["api-extensions"]),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", &["api-extensions"]),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", &["api-extensions"]),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", &["api-extensions"]),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", &["api-extensions"]),
    ("apiextensions.k8s.io", "customresourcedefinitions", &["api-extensions"]),
    ("apiregistration.k8s.io", "apiservices", &["api-extensions"]),
    ("apps", "daemonsets", &["all"]),
    ("apps", "deployments", &["all"]),
    ("apps", "replicasets", &["all"]),
    ("apps", "statefulsets", &["all"]),
    ("autoscaling", "horizontalpodautoscalers", &["all"]),
    ("batch", "cronjobs", &["all"]),
    ("batch", "jobs", &["all"]),
];

/// What the paths say about one resource or subresource.
#[derive(Default)]
struct Found {
    namespaced: bool,
    kind: Option<[String; 3]>,
    verbs: BTreeSet<&'static str>,
}

/// One entry per resource of a document: `path` is `api/v1` or `apis/GROUP/VERSION`.
pub(crate) fn of(path: &str, paths: &Value) -> Vec<Value> {
    let mut found: BTreeMap<(String, String), Found> = BTreeMap::new();
    for (url, item) in paths.as_object().into_iter().flatten() {
        let Some(rest) = url.strip_prefix(&format!("/{path}/")) else { continue };
        let (watched, rest) = rest.strip_prefix("watch/").map_or((false, rest), |rest| (true, rest));
        let (namespaced, rest) = match rest.strip_prefix("namespaces/{namespace}/") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        // Placeholders are the object's name and, in proxies, a path behind it.
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.starts_with('{')).collect();
        let Some(plural) = parts.first().filter(|plural| !plural.is_empty()) else { continue };
        let subresource = parts.get(1).copied().unwrap_or_default();
        let entry = found.entry(((*plural).to_owned(), subresource.to_owned())).or_default();
        entry.namespaced |= namespaced;
        if watched {
            entry.verbs.insert("watch");
            continue;
        }
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            let Some(verb) = operation["x-kubernetes-action"].as_str().and_then(verb) else { continue };
            entry.verbs.insert(verb);
            let gvk = &operation["x-kubernetes-group-version-kind"];
            let part = |name: &str| gvk[name].as_str().map(str::to_owned);
            if let (Some(group), Some(version), Some(kind)) = (part("group"), part("version"), part("kind")) {
                entry.kind.get_or_insert([group, version, kind]);
            }
        }
    }
    let (group, version) =
        path.strip_prefix("apis/").and_then(|rest| rest.split_once('/')).unwrap_or(("", "v1"));
    let main = found.iter().filter(|((_, subresource), _)| subresource.is_empty());
    main.filter_map(|((plural, _), resource)| {
        let [_, _, kind] = resource.kind.as_ref()?;
        let subresources: Vec<Value> = found
            .iter()
            .filter(|((of, subresource), _)| of == plural && !subresource.is_empty())
            .filter_map(|((_, name), found)| {
                let [group, version, kind] = found.kind.as_ref()?;
                Some(json!({"name": name, "group": group, "version": version, "kind": kind, "verbs": found.verbs}))
            })
            .collect();
        Some(json!({
            "group": group,
            "version": version,
            "kind": kind,
            "plural": plural,
            "singular": kind.to_lowercase(),
            "namespaced": resource.namespaced,
            "shortNames": lookup(SHORT_NAMES, group, plural),
            "categories": lookup(CATEGORIES, group, plural),
            "verbs": resource.verbs,
            "subresources": subresources,
        }))
    })
    .collect()
}

/// By group, newest version first, then plural.
pub(crate) fn sort(table: &mut [Value]) {
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    table.sort_by_cached_key(|entry| {
        (text(entry, "group"), std::cmp::Reverse(text(entry, "version")), text(entry, "plural"))
    });
}

fn verb(action: &str) -> Option<&'static str> {
    Some(match action {
        "get" => "get",
        "list" => "list",
        "post" => "create",
        "put" => "update",
        "patch" => "patch",
        "delete" => "delete",
        "deletecollection" => "deletecollection",
        "connect" => "connect",
        _ => return None,
    })
}

fn lookup(
    table: &[(&str, &str, &'static [&'static str])],
    group: &str,
    plural: &str,
) -> &'static [&'static str] {
    table.iter().find(|(of, name, _)| *of == group && *name == plural).map_or(&[], |(_, _, names)| names)
}
