//! What a controller written with kube-rs sees: pages, watcher, reflector, `Controller`, finalizer, server-side apply.

use anyhow::{Context, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube_client::{
    Api, Client, Config, Resource as _, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use kube_runtime::{
    Controller, WatchStreamExt as _,
    controller::Action,
    finalizer::{Event as Finalizing, finalizer},
    reflector,
    wait::{await_condition, conditions},
    watcher,
};
use serde_json::json;
use std::{
    fmt::Write as _,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

const NAMESPACE: &str = "kube-rs";
/// Nothing here takes longer on a server that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// All that the client is told.
pub(crate) fn play(kubeconfig: &Path) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        let client = Client::try_from(config)?;
        let played = tokio::time::timeout(PATIENCE, scenario(&client)).await;
        played.context("it did not end")?
    })
}

async fn scenario(client: &Client) -> anyhow::Result<String> {
    let mut said = String::new();
    let namespace = serde_json::from_value(json!({"metadata": {"name": NAMESPACE}}))?;
    Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &namespace).await?;
    said += &written(client).await?;
    said += &watched(client).await?;
    said += &controlled(client).await?;
    Ok(said)
}

fn map(name: &str, value: &str) -> anyhow::Result<ConfigMap> {
    Ok(serde_json::from_value(json!({"metadata": {"name": name}, "data": {"key": value}}))?)
}

/// Writes, their errors, and lists in parts.
async fn written(client: &Client) -> anyhow::Result<String> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let mut said = String::from("## written\n");
    let made = maps.create(&PostParams::default(), &map("a", "1")?).await?;
    writeln!(said, "{}", serde_json::to_string_pretty(&made)?)?;
    let error = maps.create(&PostParams::default(), &map("a", "1")?).await.err().context("an error")?;
    writeln!(said, "created again: {error:?}")?;
    let apply = |manager, value| {
        let patch = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "applied"}, "data": {"key": value}});
        let maps = maps.clone();
        async move { maps.patch("applied", &PatchParams::apply(manager), &Patch::Apply(patch)).await }
    };
    apply("one", "1").await?;
    writeln!(said, "conflict: {:?}", apply("two", "2").await.err().context("a conflict")?)?;
    writeln!(said, "{}", serde_json::to_string_pretty(&maps.get("applied").await?)?)?;
    for name in ["b", "c", "d"] {
        maps.create(&PostParams::default(), &map(name, "1")?).await?;
    }
    let mut page = ListParams::default().limit(2);
    loop {
        let list = maps.list(&page).await?;
        let names: Vec<_> = list.items.iter().map(ResourceExt::name_any).collect();
        writeln!(said, "page {names:?}, {:?} remain", list.metadata.remaining_item_count)?;
        match list.metadata.continue_ {
            Some(token) if !token.is_empty() => page = page.continue_token(&token),
            _ => break,
        }
    }
    maps.delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    Ok(said)
}

/// A watcher with both ways to begin, and a reflector's store.
async fn watched(client: &Client) -> anyhow::Result<String> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let mut said = String::new();
    for (title, config) in [
        ("list and watch", watcher::Config::default()),
        ("streaming list", watcher::Config::default().streaming_lists()),
    ] {
        writeln!(said, "## watched: {title}")?;
        maps.create(&PostParams::default(), &map("before", "1")?).await?;
        let config = config.labels("!skipped");
        let mut events = watcher(maps.clone(), config.clone()).boxed();
        let mut is_ready = false;
        while let Some(event) = events.try_next().await? {
            match event {
                watcher::Event::Init => writeln!(said, "init")?,
                watcher::Event::InitApply(map) => writeln!(said, "init {}", map.name_any())?,
                watcher::Event::InitDone => {
                    writeln!(said, "ready")?;
                    is_ready = true;
                }
                watcher::Event::Apply(map) => writeln!(said, "applied {} {:?}", map.name_any(), map.data)?,
                watcher::Event::Delete(map) => {
                    writeln!(said, "deleted {}", map.name_any())?;
                    break;
                }
            }
            if std::mem::take(&mut is_ready) {
                maps.create(&PostParams::default(), &map("during", "1")?).await?;
                let patch = Patch::Merge(json!({"data": {"key": "2"}}));
                maps.patch("before", &PatchParams::default(), &patch).await?;
                // What leaves the selection is gone for the watcher.
                let skip = Patch::Merge(json!({"metadata": {"labels": {"skipped": "yes"}}}));
                maps.patch("during", &PatchParams::default(), &skip).await?;
            }
        }
        let (reader, writer) = reflector::store();
        let mut reflected = watcher(maps.clone(), config).reflect(writer).applied_objects().boxed();
        reflected.try_next().await?;
        let state: Vec<_> = reader.state().iter().map(|map| (map.name_any(), map.data.clone())).collect();
        writeln!(said, "reflected {state:?}")?;
        maps.delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    }
    Ok(said)
}

/// What a reconciler works with.
struct Copier {
    client: Client,
    log: Mutex<Vec<String>>,
}

/// A controller that keeps a Secret beside each ConfigMap, with a finalizer to end it.
async fn controlled(client: &Client) -> anyhow::Result<String> {
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), NAMESPACE);
    let secrets: Api<Secret> = Api::namespaced(client.clone(), NAMESPACE);
    let copier = Arc::new(Copier { client: client.clone(), log: Mutex::default() });
    let controller = Controller::new(maps.clone(), watcher::Config::default().labels("copied"))
        .owns(secrets.clone(), watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_millis(100)), copier.clone())
        .for_each(|_| async {});
    let running = tokio::spawn(controller);

    let mut copied = map("copied", "1")?;
    copied.metadata.labels = Some([("copied".to_owned(), "yes".to_owned())].into());
    maps.create(&PostParams::default(), &copied).await?;
    let has = |value: &'static str| {
        move |secret: Option<&Secret>| {
            let data = secret.and_then(|secret| secret.data.as_ref());
            data.and_then(|data| data.get("key")).is_some_and(|found| found.0 == value.as_bytes())
        }
    };
    await_condition(secrets.clone(), "copied", has("1")).await?;
    let patch = Patch::Merge(json!({"data": {"key": "2"}}));
    maps.patch("copied", &PatchParams::default(), &patch).await?;
    let secret = await_condition(secrets.clone(), "copied", has("2")).await?.context("a secret")?;
    // The controller mends what it owns.
    let uid = secret.uid().context("a uid")?;
    secrets.delete("copied", &DeleteParams::default()).await?;
    await_condition(secrets.clone(), "copied", conditions::is_deleted(&uid)).await?;
    let secret = await_condition(secrets.clone(), "copied", has("2")).await?;
    let uid = maps.get("copied").await?.uid().context("a uid")?;
    maps.delete("copied", &DeleteParams::default()).await?;
    await_condition(maps.clone(), "copied", conditions::is_deleted(&uid)).await?;
    running.abort();
    ensure!(secrets.get_opt("copied").await?.is_none(), "the finalizer left the secret");
    let mut log = copier.log.lock().map_err(|_| anyhow::anyhow!("a reconciler panicked"))?.clone();
    // How often it is asked depends on when events come.
    log.dedup();
    Ok(format!("## controlled\n{}\n{}\n", serde_json::to_string_pretty(&secret)?, log.join("\n")))
}

async fn reconcile(
    map: Arc<ConfigMap>,
    copier: Arc<Copier>,
) -> Result<Action, kube_runtime::finalizer::Error<kube_client::Error>> {
    let maps: Api<ConfigMap> = Api::namespaced(copier.client.clone(), NAMESPACE);
    let secrets: Api<Secret> = Api::namespaced(copier.client.clone(), NAMESPACE);
    let note = |line: String| {
        if let Ok(mut log) = copier.log.lock() {
            log.push(line);
        }
    };
    finalizer(&maps, "kro-clients.example.com/copier", map, |event| async {
        match event {
            Finalizing::Apply(map) => {
                note(format!("copied {:?}", map.data));
                let secret = json!({
                    "apiVersion": "v1", "kind": "Secret",
                    "metadata": {"name": map.name_any(), "ownerReferences": [map.controller_owner_ref(&())]},
                    "stringData": map.data,
                });
                secrets.patch(&map.name_any(), &PatchParams::apply("copier"), &Patch::Apply(&secret)).await?;
            }
            Finalizing::Cleanup(map) => {
                note("ended".to_owned());
                secrets.delete(&map.name_any(), &DeleteParams::default()).await?;
            }
        }
        Ok(Action::await_change())
    })
    .await
}
