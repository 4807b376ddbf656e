//! The paths of a custom resource in its document: operations with their parameters, bodies and answers.

use super::{META, PARTS, SCALE, group_version_kind, reference};
use crate::core::registry::Served;
use serde_json::{Map, Value, json};

/// Adds the paths of a resource whose schema is the component `base`.
pub(super) fn add(served: &Served, base: &str, paths: &mut Map<String, Value>) {
    let writer = Writer { served, base };
    let root = format!("/apis/{}/{}", served.group, served.version);
    let collection = if served.is_namespaced() {
        let list = json!({
            "get": writer.operation(Action::ListAll, ""),
            "parameters": sorted(parameters("list").chain(shared("pretty"))),
        });
        paths.insert(format!("{root}/{}", served.plural), list);
        format!("{root}/namespaces/{{namespace}}/{}", served.plural)
    } else {
        format!("{root}/{}", served.plural)
    };
    let of_collection = json!({
        "get": writer.operation(Action::List, ""),
        "post": writer.operation(Action::Post, ""),
        "delete": writer.operation(Action::DeleteCollection, ""),
        "parameters": writer.of_path(false),
    });
    let of_item = json!({
        "get": writer.operation(Action::Get, ""),
        "put": writer.operation(Action::Put, ""),
        "patch": writer.operation(Action::Patch, ""),
        "delete": writer.operation(Action::Delete, ""),
        "parameters": writer.of_path(true),
    });
    paths.insert(format!("{collection}/{{name}}"), of_item);
    for subresource in &served.subresources {
        let name = &*subresource.name;
        let of_subresource = json!({
            "get": writer.operation(Action::Get, name),
            "put": writer.operation(Action::Put, name),
            "patch": writer.operation(Action::Patch, name),
            "parameters": writer.of_path(true),
        });
        paths.insert(format!("{collection}/{{name}}/{name}"), of_subresource);
    }
    paths.insert(collection, of_collection);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    ListAll,
    List,
    Post,
    DeleteCollection,
    Get,
    Put,
    Patch,
    Delete,
}

struct Writer<'a> {
    served: &'a Served,
    base: &'a str,
}

impl Writer<'_> {
    /// What one method of a path does; `subresource` is empty for the object itself.
    fn operation(&self, action: Action, subresource: &str) -> Value {
        let served = self.served;
        let group = camel(&served.group);
        let first = group.chars().next().map(|first| first.to_ascii_lowercase());
        let tag = first.into_iter().chain(group.chars().skip(1)).collect::<String>();
        let mut out = json!({
            "tags": [format!("{tag}_{}", served.version)],
            "description": self.description(action, subresource),
            "operationId": self.id(action, &group, subresource),
            "responses": self.responses(action, subresource),
            "x-kubernetes-action": verb(action),
            "x-kubernetes-group-version-kind": group_version_kind(served, &served.kind),
        });
        let own = match action {
            Action::ListAll => Vec::new(),
            Action::List | Action::DeleteCollection => parameters("list").collect(),
            Action::Get => parameters("list").filter(|one| one["name"] == "resourceVersion").collect(),
            other => parameters(verb(other)).collect(),
        };
        if !own.is_empty() {
            out["parameters"] = sorted(own.into_iter());
        }
        match action {
            Action::Post | Action::Put => {
                out["requestBody"] =
                    json!({"content": content(&self.component(subresource)), "required": true});
            }
            Action::Delete => {
                out["requestBody"] = json!({"content": content(&format!("{META}.DeleteOptions"))});
            }
            Action::Patch => {
                let patch = json!({"schema": reference(&format!("{META}.Patch"))});
                out["requestBody"] = json!({"required": true, "content": {
                    "application/apply-patch+yaml": patch,
                    "application/json-patch+json": patch,
                    "application/merge-patch+json": patch,
                }});
            }
            _ => {}
        }
        out
    }

    fn description(&self, action: Action, subresource: &str) -> String {
        let kind = &self.served.kind;
        let of = if subresource.is_empty() { String::new() } else { format!("{subresource} of ") };
        let article = if kind.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        match action {
            Action::ListAll | Action::List => format!("list objects of kind {kind}"),
            Action::Post => format!("create {article} {kind}"),
            Action::DeleteCollection => format!("delete collection of {kind}"),
            Action::Get => format!("read {of}the specified {kind}"),
            Action::Put => format!("replace {of}the specified {kind}"),
            Action::Patch => format!("partially update {of}the specified {kind}"),
            Action::Delete => format!("delete {article} {kind}"),
        }
    }

    fn id(&self, action: Action, group: &str, subresource: &str) -> String {
        let served = self.served;
        let prefix = match action {
            Action::ListAll | Action::List => "list",
            Action::Post => "create",
            Action::DeleteCollection | Action::Delete => "delete",
            Action::Get => "read",
            Action::Put => "replace",
            Action::Patch => "patch",
        };
        let collection = if action == Action::DeleteCollection { "Collection" } else { "" };
        let (scope, all) = match action {
            Action::ListAll => ("", "ForAllNamespaces"),
            _ if served.is_namespaced() => ("Namespaced", ""),
            _ => ("", ""),
        };
        let (version, subresource) = (camel(&served.version), camel(subresource));
        format!("{prefix}{group}{version}{collection}{scope}{}{subresource}{all}", served.kind)
    }

    fn responses(&self, action: Action, subresource: &str) -> Value {
        let codes: &[(&str, &str)] = match action {
            Action::Post => &[("200", "OK"), ("201", "Created"), ("202", "Accepted")],
            Action::Put => &[("200", "OK"), ("201", "Created")],
            Action::Delete => &[("200", "OK"), ("202", "Accepted")],
            _ => &[("200", "OK")],
        };
        let answer = match action {
            Action::ListAll | Action::List => format!("{}List", self.base),
            Action::Delete | Action::DeleteCollection => format!("{META}.Status"),
            _ => self.component(subresource),
        };
        let mut out: Map<String, Value> = codes
            .iter()
            .map(|(code, text)| {
                ((*code).to_owned(), json!({"description": text, "content": content(&answer)}))
            })
            .collect();
        out.insert("401".into(), json!({"description": "Unauthorized"}));
        Value::Object(out)
    }

    fn component(&self, subresource: &str) -> String {
        if subresource == "scale" { SCALE.into() } else { self.base.into() }
    }

    /// The parameters of all methods of a path.
    fn of_path(&self, is_item: bool) -> Value {
        let name = is_item.then(|| {
            json!({
                "name": "name", "in": "path", "description": format!("name of the {}", self.served.kind),
                "required": true, "schema": {"type": "string", "uniqueItems": true},
            })
        });
        let namespace = self.served.is_namespaced().then(|| shared("namespace")).into_iter().flatten();
        sorted(name.into_iter().chain(namespace).chain(shared("pretty")))
    }
}

fn verb(action: Action) -> &'static str {
    match action {
        Action::ListAll | Action::List => "list",
        Action::Post => "post",
        Action::DeleteCollection => "deletecollection",
        Action::Get => "get",
        Action::Put => "put",
        Action::Patch => "patch",
        Action::Delete => "delete",
    }
}

/// A body in both forms.
fn content(component: &str) -> Value {
    let schema = json!({"schema": reference(component)});
    json!({"application/json": schema, "application/yaml": schema})
}

/// The query parameters of an action.
fn parameters(action: &str) -> impl Iterator<Item = Value> + use<> {
    PARTS.parameters[action].as_array().into_iter().flatten().filter(|one| one["name"] != "pretty").cloned()
}

/// A parameter that all builtin resources have in their paths.
fn shared(name: &str) -> impl Iterator<Item = Value> + use<'_> {
    PARTS.parameters["path"].as_array().into_iter().flatten().filter(move |one| one["name"] == name).cloned()
}

fn sorted(parameters: impl Iterator<Item = Value>) -> Value {
    let mut list: Vec<Value> = parameters.collect();
    list.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    Value::Array(list)
}

/// `my-group.example.com` as `MyGroupExampleCom`.
fn camel(text: &str) -> String {
    text.split(['.', '-'])
        .flat_map(|word| {
            let first = word.chars().next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(word.chars().skip(1))
        })
        .collect()
}
