//! The crate graph: who may use whom, and which third-party crates a tier may not name.

use super::{Tidy, read};
use crate::layers::{FORBIDDEN, LAYERS, Layer};

/// Checks every manifest against the layers.
pub(super) fn check(tidy: &mut Tidy) -> anyhow::Result<()> {
    for path in tidy.files("crates", "Cargo.toml")? {
        let dir = path.parent().and_then(|p| p.strip_prefix(&tidy.root).ok()).unwrap_or(&path);
        if !LAYERS.iter().any(|layer| dir.as_os_str() == layer.dir) && !dir.ends_with("fuzz") {
            tidy.breach(&path, "this crate is not in xtask/src/layers.rs");
        }
    }
    for layer in LAYERS {
        let path = tidy.root.join(layer.dir).join("Cargo.toml");
        if !path.exists() {
            continue;
        }
        let manifest = read(&path)?;
        for name in dependencies(&manifest) {
            if let Some(ours) = name.strip_prefix("kro-") {
                if !may_use(layer, ours) {
                    tidy.breach(&path, format_args!("may not use {name} (xtask/src/layers.rs)"));
                }
            } else if FORBIDDEN.iter().any(|(tier, names)| *tier == layer.tier && names.contains(&name)) {
                tidy.breach(&path, format_args!("a crate of tier {:?} may not use {name}", layer.tier));
            }
        }
        if !manifest.contains("[lints]\nworkspace = true") {
            tidy.breach(&path, "does not take the workspace's lints");
        }
    }
    Ok(())
}

fn may_use(layer: &Layer, ours: &str) -> bool {
    layer.may_use.iter().any(|allowed| *allowed == ours || *allowed == "*")
}

/// Names in the normal dependency table of a manifest.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
}
