//! A real API server as the console of a simulated one: calls that wait for their answer, and everything it stores.

use anyhow::{Context as _, bail};
use http_body_util::BodyExt as _;
use kro_apiserver::core::{Call, Reply, ReplyBody};
use kro_object::{Gvk, Object, ResourceType};
use kro_sim::{Server, story};
use kube_client::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// How long a server that was started may take to answer, and one that answers to list.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long one call may take; a server whose etcd is stopped answers nothing.
const CALL: Duration = Duration::from_secs(20);

/// A server behind a client.
pub(crate) struct Real {
    runtime: Handle,
    client: Client,
    pub(crate) port: u16,
}

impl std::fmt::Debug for Real {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Real").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Real {
    pub(crate) async fn connect(runtime: &Handle, kubeconfig: &Path) -> anyhow::Result<Self> {
        let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        config.default_retry = false;
        let port = config.cluster_url.port_u16().context("the server has no port of its own")?;
        Ok(Self { runtime: runtime.clone(), client: Client::try_from(config)?, port })
    }

    /// Status code and body; an error when there was no answer.
    pub(crate) async fn request(&self, call: &Call) -> anyhow::Result<(u16, Vec<u8>)> {
        let query: Vec<String> = call.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let uri =
            if query.is_empty() { call.path.clone() } else { format!("{}?{}", call.path, query.join("&")) };
        let mut request = http::Request::builder().method(call.method.clone()).uri(uri);
        if !call.content_type.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, &call.content_type);
        }
        let request = request.body(Body::from(call.body.to_vec()))?;
        let answer = async {
            let response = self.client.send(request).await?;
            let status = response.status().as_u16();
            anyhow::Ok((status, response.into_body().collect().await?.to_bytes().to_vec()))
        };
        tokio::time::timeout(CALL, answer).await?
    }

    /// The items of a list; none of what is not served.
    pub(crate) async fn list(&self, resource: &ResourceType) -> anyhow::Result<Vec<Object>> {
        let root = if resource.gvk.group.is_empty() { "/api" } else { "/apis" };
        let path = format!("{root}/{}/{}", resource.gvk.api_version(), resource.plural);
        match self.request(&Call { path, ..Call::default() }).await? {
            (404, _) => Ok(Vec::new()),
            (200, body) => {
                let mut list: Value = serde_json::from_slice(&body)?;
                let items = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
                let items = items.into_iter().map(|mut item| {
                    item["apiVersion"] = resource.gvk.api_version().into();
                    item["kind"] = (&*resource.gvk.kind).into();
                    Ok(Object::from_value(item)?)
                });
                items.collect()
            }
            (code, body) => bail!("{code} {}", String::from_utf8_lossy(&body)),
        }
    }

    pub(crate) fn wait_until_ready(&self) -> anyhow::Result<()> {
        let ready = Call { path: "/readyz".into(), ..Call::default() };
        self.patiently(async || match self.request(&ready).await? {
            (200, _) => Ok(()),
            (code, body) => bail!("{code} {}", String::from_utf8_lossy(&body)),
        })
    }

    /// Does what may fail while the server comes up, until it succeeds.
    #[expect(clippy::disallowed_methods, reason = "real time")]
    fn patiently<T>(&self, attempt: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let start = Instant::now();
        loop {
            match self.runtime.block_on(attempt()) {
                Err(error) if start.elapsed() > PATIENCE => return Err(error),
                Err(_) => crate::trouble::wait(Duration::from_millis(100)),
                done => return done,
            }
        }
    }
}

impl Server for Real {
    fn handle(&self, call: &Call) -> Reply {
        let (status, body) = self.runtime.block_on(self.request(call)).unwrap_or_else(|error| {
            let status = serde_json::json!({"reason": "NoAnswer", "message": error.to_string()});
            (503, status.to_string().into_bytes())
        });
        Reply { status, headers: Vec::new(), body: ReplyBody::Full(body) }
    }

    /// Of the kinds that stories are about.
    fn everything(&self) -> Vec<Object> {
        let list = |resource: &ResourceType| self.patiently(async || self.list(resource).await);
        let lists = story::resources().into_iter().map(|resource| {
            list(&resource).unwrap_or_else(|error| panic!("cannot list {}: {error:#}", resource.plural))
        });
        lists.flatten().collect()
    }

    fn resource(&self, gvk: &Gvk) -> Option<ResourceType> {
        story::resources().into_iter().find(|resource| resource.gvk == *gvk)
    }
}
