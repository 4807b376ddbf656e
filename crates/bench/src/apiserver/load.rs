//! Requests of every kind, one after the other for their latency and many at a time for throughput.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use futures_util::{StreamExt as _, stream};
use http::{Method, Request};
use http_body_util::BodyExt as _;
use kube_client::{Client, client::Body};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const NAMESPACE: &str = "bench";
/// Watches that see every event of the fan-out.
const WATCHERS: usize = 100;
/// Writes that are fanned out.
const FANNED_OUT: usize = 50;

/// What one kind of request takes.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    pub(super) per_second: f64,
}

/// A client with work to do.
#[derive(Clone)]
pub(super) struct Load {
    client: Client,
    deployment: Arc<Value>,
    objects: usize,
    concurrency: usize,
}

/// A request before it is sent.
#[derive(Debug)]
struct Asked {
    method: Method,
    path: String,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Load {
    pub(super) fn new(client: Client, deployment: Value, objects: usize, concurrency: usize) -> Self {
        Self { client, deployment: Arc::new(deployment), objects, concurrency }
    }

    /// Makes the namespace and warms up.
    pub(super) async fn prepare(&self) -> anyhow::Result<()> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
        self.send(&post("/api/v1/namespaces", &namespace)).await?;
        for n in 0..20 {
            self.send(&self.create("warm", n)).await?;
        }
        Ok(())
    }

    /// Applies all Deployments; returns the size of one as stored.
    pub(super) async fn fill(&self) -> anyhow::Result<usize> {
        self.throughput(|n| self.apply("fill", n, 1)).await?;
        Ok(self.send(&Self::get("fill", 0)).await?.len())
    }

    pub(super) async fn run(&self) -> anyhow::Result<Vec<Figure>> {
        self.prepare().await?;
        let mut figures = vec![
            self.figure("create", |part, n| self.create(part, n)).await?,
            self.figure("get", Self::get).await?,
            self.figure("merge patch", Self::patch).await?,
            self.figure("apply, new", |part, n| self.apply(&format!("applied-{part}"), n, 1)).await?,
            self.figure("apply, same", |part, n| self.apply(&format!("applied-{part}"), n, 1)).await?,
            self.figure("apply, changed", |part, n| self.apply(&format!("applied-{part}"), n, 2)).await?,
        ];
        figures.push(self.list().await?);
        figures.push(self.fan_out().await?);
        Ok(figures)
    }

    /// Latency of a quarter of the requests one by one, throughput of all of them.
    async fn figure(
        &self,
        name: &'static str,
        asked: impl Fn(&str, usize) -> Asked,
    ) -> anyhow::Result<Figure> {
        let mut times = Vec::new();
        for n in 0..self.objects / 4 {
            let request = asked("one", n);
            let start = Instant::now();
            self.send(&request).await.with_context(|| format!("{name} {n}"))?;
            times.push(start.elapsed());
        }
        let per_second = self.throughput(|n| asked("many", n)).await.context(name)?;
        Ok(Figure { name, p50: percentile(&mut times, 50), p99: percentile(&mut times, 99), per_second })
    }

    async fn throughput(&self, asked: impl Fn(usize) -> Asked) -> anyhow::Result<f64> {
        let start = Instant::now();
        let mut answers = stream::iter((0..self.objects).map(|n| {
            let (load, request) = (self.clone(), asked(n));
            async move { load.send(&request).await }
        }))
        .buffer_unordered(self.concurrency);
        while let Some(answer) = answers.next().await {
            answer?;
        }
        Ok(self.objects as f64 / start.elapsed().as_secs_f64())
    }

    /// Lists 1,000 Deployments, or as many as there are.
    async fn list(&self) -> anyhow::Result<Figure> {
        let path = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments");
        let limit = if self.objects > 1000 { "?limit=1000" } else { "?labelSelector=part%3Dmany" };
        let request =
            Asked { method: Method::GET, path: format!("{path}{limit}"), content_type: "", body: Vec::new() };
        let whole = Asked { method: Method::GET, path, content_type: "", body: Vec::new() };
        let (mut times, start) = (Vec::new(), Instant::now());
        for _ in 0..20 {
            let start = Instant::now();
            self.send(&whole).await?;
            times.push(start.elapsed());
        }
        let per_second = 20.0 / start.elapsed().as_secs_f64();
        self.send(&request).await?;
        Ok(Figure {
            name: "list",
            p50: percentile(&mut times, 50),
            p99: percentile(&mut times, 99),
            per_second,
        })
    }

    /// From a write's answer until each of the watches has seen it, and events seen per second.
    async fn fan_out(&self) -> anyhow::Result<Figure> {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/configmaps");
        let list = self
            .send(&Asked { method: Method::GET, path: path.clone(), content_type: "", body: Vec::new() })
            .await?;
        let list: Value = serde_json::from_slice(&list)?;
        let revision = list["metadata"]["resourceVersion"].as_str().context("a version")?.to_owned();
        let mut bodies = Vec::new();
        for _ in 0..WATCHERS {
            let request =
                Request::get(format!("{path}?watch=1&resourceVersion={revision}")).body(Body::empty())?;
            let response = self.client.send(request).await?;
            ensure!(response.status() == 200, "a watch is refused: {}", response.status());
            bodies.push(response.into_body());
        }
        let mut times = Vec::new();
        let start = Instant::now();
        for n in 0..FANNED_OUT {
            let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("fan-{n}")},
                "data": {"value": "x".repeat(500)}});
            self.send(&post(&path, &map)).await?;
            let written = Instant::now();
            let mut seen = JoinSet::new();
            for mut body in bodies.drain(..) {
                seen.spawn(async move {
                    // One line for one write; lines may come in pieces.
                    loop {
                        let frame = body.frame().await.context("the watch ended")??;
                        if frame.data_ref().is_some_and(|data| data.ends_with(b"\n")) {
                            return anyhow::Ok(body);
                        }
                    }
                });
            }
            while let Some(body) = seen.join_next().await {
                bodies.push(body??);
            }
            times.push(written.elapsed());
        }
        let per_second = (FANNED_OUT * WATCHERS) as f64 / start.elapsed().as_secs_f64();
        Ok(Figure {
            name: "watch, 100 watchers",
            p50: percentile(&mut times, 50),
            p99: percentile(&mut times, 99),
            per_second,
        })
    }

    async fn send(&self, asked: &Asked) -> anyhow::Result<Vec<u8>> {
        let mut request = Request::builder().method(asked.method.clone()).uri(&asked.path);
        if !asked.content_type.is_empty() {
            request = request.header("content-type", asked.content_type);
        }
        let response = self.client.send(request.body(Body::from(asked.body.clone()))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(
            status.is_success(),
            "{} {}: {status} {}",
            asked.method,
            asked.path,
            String::from_utf8_lossy(&body)
        );
        Ok(body.to_vec())
    }

    fn named(&self, part: &str, n: usize) -> Value {
        let mut deployment = Value::clone(&self.deployment);
        deployment["metadata"]["name"] = format!("{part}-{n}").into();
        deployment["metadata"]["labels"]["part"] = part.into();
        deployment
    }

    fn create(&self, part: &str, n: usize) -> Asked {
        post(&format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments"), &self.named(part, n))
    }

    fn get(part: &str, n: usize) -> Asked {
        Asked { method: Method::GET, path: path(part, n), content_type: "", body: Vec::new() }
    }

    fn patch(part: &str, n: usize) -> Asked {
        Asked {
            method: Method::PATCH,
            path: path(part, n),
            content_type: "application/merge-patch+json",
            body: json!({"metadata": {"annotations": {"patched": n.to_string()}}}).to_string().into_bytes(),
        }
    }

    fn apply(&self, part: &str, n: usize, replicas: u32) -> Asked {
        let mut deployment = self.named(part, n);
        deployment["spec"]["replicas"] = replicas.into();
        Asked {
            method: Method::PATCH,
            path: format!("{}?fieldManager=bench", path(part, n)),
            content_type: "application/apply-patch+yaml",
            body: deployment.to_string().into_bytes(),
        }
    }
}

fn path(part: &str, n: usize) -> String {
    format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{part}-{n}")
}

fn post(path: &str, object: &Value) -> Asked {
    Asked {
        method: Method::POST,
        path: path.to_owned(),
        content_type: "application/json",
        body: object.to_string().into_bytes(),
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
