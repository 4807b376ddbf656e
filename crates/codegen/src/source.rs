//! Where OpenAPI documents come from: a recorded folder, or a server.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use serde_json::Value;

/// The OpenAPI v3 documents of one API server.
pub(crate) struct Recording {
    /// The server's version, `v1.36.3`.
    pub(crate) version: String,
    /// Documents by path below `/openapi/v3`: `api/v1`, `apis/apps/v1`.
    pub(crate) documents: BTreeMap<String, Value>,
}

/// Reads a folder with an `index.json` that lists path and file of each document.
pub(crate) fn recorded(folder: &Path) -> anyhow::Result<Recording> {
    let read = |name: &str| -> anyhow::Result<Value> {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))
    };
    let index = read("index.json")?;
    let entries = index["documents"].as_array().context("index.json lists no documents")?;
    let mut documents = BTreeMap::new();
    for entry in entries {
        let (path, file) =
            entry["path"].as_str().zip(entry["file"].as_str()).context("an entry lacks path or file")?;
        documents.insert(path.to_owned(), read(file)?);
    }
    Ok(Recording { version: index["server"].as_str().unwrap_or("unknown").to_owned(), documents })
}

/// Reads the documents of the built-in groups from a server.
pub(crate) fn live(server: http::Uri) -> anyhow::Result<Recording> {
    // Only one provider is compiled in, but TLS asks which one to use; a second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = kube_client::Client::try_from(kube_client::Config::new(server))?;
        let get = async |path: &str| -> anyhow::Result<Value> {
            let request = http::Request::get(path).body(Vec::new())?;
            client.request(request).await.with_context(|| format!("cannot read {path}"))
        };
        let version = get("/version").await?["gitVersion"].as_str().unwrap_or("unknown").to_owned();
        let index = get("/openapi/v3").await?;
        let paths = index["paths"].as_object().context("the server lists no documents")?;
        let mut documents = BTreeMap::new();
        for (path, entry) in paths {
            let url = entry["serverRelativeURL"].as_str().unwrap_or_default();
            if is_builtin(path) {
                documents.insert(path.clone(), get(url).await?);
            }
        }
        Ok(Recording { version, documents })
    })
}

/// A stable version of the core group, or of a group of Kubernetes itself.
fn is_builtin(path: &str) -> bool {
    let stable = path
        .rsplit('/')
        .next()
        .is_some_and(|version| !version.contains("alpha") && !version.contains("beta"));
    let group = path.strip_prefix("apis/").and_then(|rest| rest.split_once('/')).map(|(group, _)| group);
    stable
        && (path == "api/v1" || group.is_some_and(|group| !group.contains('.') || group.ends_with(".k8s.io")))
}
