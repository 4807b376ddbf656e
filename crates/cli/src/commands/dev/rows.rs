//! The operator's reports as rows of the view.

use std::sync::Arc;

use kro_controller::{InstanceReport, NodeReport, Reports};
use kro_object::ObjectKey;

use super::view::{Health, Row};
use crate::project::Expected;

/// All rows: each definition, below it its instances, below them their nodes.
pub(super) fn of(reports: &Reports) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, definition) in &reports.definitions {
        rows.push(Row {
            depth: 0,
            name: name.to_string(),
            health: health(definition.state, &definition.message),
            state: definition.state.to_owned(),
            detail: definition.message.clone(),
        });
        for ((owner, key), instance) in &reports.instances {
            if owner == name {
                rows.push(instance_row(&key.to_string(), instance));
                rows.extend(instance.nodes.iter().map(node_row));
            }
        }
    }
    rows
}

/// Whether everything that the files hold is ready: each definition, and each instance of one of them.
pub(super) fn are_ready(reports: &Reports, expected: &Expected) -> bool {
    let definition = |name: &str| {
        reports.definitions.get(name).is_some_and(|d| health(d.state, &d.message) == Health::Good)
    };
    let instance = |name: &Arc<str>, key: &ObjectKey| {
        let report = reports.instances.get(&(Arc::clone(name), key.clone()));
        report.is_some_and(|i| health(i.state, &i.message) == Health::Good)
    };
    expected.definitions.iter().all(|name| definition(name))
        && expected.instances.iter().all(|(name, key)| instance(name, key))
}

/// What is not ready, and why.
pub(super) fn reasons(reports: &Reports) -> Vec<String> {
    let rows = of(reports);
    let wanting = rows.iter().filter(|row| !matches!(row.health, Health::Good | Health::Off));
    wanting
        .map(|row| format!("{}{}: {} {}", "  ".repeat(row.depth), row.name, row.state, row.detail))
        .collect()
}

fn instance_row(name: &str, instance: &InstanceReport) -> Row {
    Row {
        depth: 1,
        name: name.to_owned(),
        health: health(instance.state, &instance.message),
        state: instance.state.to_owned(),
        detail: instance.message.lines().next().unwrap_or_default().to_owned(),
    }
}

fn node_row(node: &NodeReport) -> Row {
    let names = if node.names.is_empty() { String::new() } else { format!(" {}", node.names.join(", ")) };
    Row {
        depth: 2,
        name: format!("{} ({}{names})", node.id, node.kind),
        health: health(node.state, &node.detail),
        state: node.state.to_owned(),
        detail: node.detail.clone(),
    }
}

fn health(state: &str, message: &str) -> Health {
    match state {
        "Active" | "ACTIVE" if message.is_empty() => Health::Good,
        "ready" => Health::Good,
        "excluded" => Health::Off,
        "Inactive" | "ERROR" | "failed" => Health::Bad,
        _ => Health::Busy,
    }
}
