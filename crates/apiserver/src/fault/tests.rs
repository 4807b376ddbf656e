//! What a client meets, fault by fault, in virtual time.

use super::{
    Fault, Faults, Injected, Lost, Rates, Rule,
    service::{Faulty, FaultyBody},
};
use crate::{ApiServer, Behaviors, Clock, Options};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{self, Instant};
use tower_layer::Layer as _;
use tower_service::Service as _;

#[derive(Debug)]
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_700_000_000, 0).saturating_add(self.0.elapsed())
    }
}

fn server() -> ApiServer {
    let clock = Arc::new(RuntimeClock(Instant::now()));
    ApiServer::new(Options { clock, behaviors: Behaviors::none(), ..Options::default() })
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn send(
    client: &mut Faulty,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<Response<FaultyBody>, Lost> {
    let mut request = Request::new(Full::new(Bytes::from(body.to_string())));
    (*request.method_mut(), *request.uri_mut()) = (method, path.parse().expect("a path"));
    request.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    client.call(request).await
}

/// Status code and body.
async fn ask(client: &mut Faulty, method: Method, path: &str, body: &Value) -> Result<(u16, Value), Lost> {
    let response = send(client, method, path, body).await?;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

async fn create(client: &mut Faulty, name: &str) -> Result<(u16, Value), Lost> {
    ask(client, Method::POST, MAPS, &map(name)).await
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_is_not_performed_and_a_lost_reply_is() {
    let (server, faults) = (server(), Faults::none());
    let mut client = faults.layer("a").layer(server.clone());
    faults.script(Rule::new(Fault::LoseRequest).path(MAPS));
    faults.script(Rule::new(Fault::LoseReply).path(MAPS));
    let before = server.revision();
    assert_eq!(create(&mut client, "x").await.expect_err("lost"), Lost::Request);
    assert_eq!(server.revision(), before);
    assert_eq!(create(&mut client, "x").await.expect_err("lost"), Lost::Reply);
    assert_eq!(server.revision(), before + 1);
    assert_eq!(create(&mut client, "x").await.expect("answered").0, 409);
}

#[tokio::test(start_paused = true)]
async fn refusals_are_statuses() {
    let (server, faults) = (server(), Faults::none());
    let mut client = faults.layer("a").layer(server);
    create(&mut client, "x").await.expect("created");
    let path = format!("{MAPS}/x");
    for (fault, code, reason) in [
        (Fault::Conflict, 409, "Conflict"),
        (Fault::TooManyRequests(7), 429, "TooManyRequests"),
        (Fault::InternalError, 500, "InternalError"),
        (Fault::Unavailable, 503, "ServiceUnavailable"),
        (Fault::Deny, 403, "Forbidden"),
    ] {
        faults.script(Rule::new(fault));
        let response = send(&mut client, Method::PUT, &path, &map("x")).await.expect("answered");
        assert_eq!(response.status(), code);
        let retry =
            response.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(retry.as_deref(), (code == 429).then_some("7"));
        let body: Value =
            serde_json::from_slice(&response.into_body().collect().await.expect("whole").to_bytes())
                .expect("JSON");
        assert_eq!((&body["kind"], &body["reason"]), (&json!("Status"), &json!(reason)));
    }
    assert_eq!(ask(&mut client, Method::PUT, &path, &map("x")).await.expect("answered").0, 200);
}

#[tokio::test(start_paused = true)]
async fn delays_take_their_time_unless_healed() {
    let (server, faults) = (server(), Faults::none());
    let mut client = faults.layer("a").layer(server);
    faults.script(Rule::new(Fault::Delay(Duration::from_secs(5))).times(2));
    let start = Instant::now();
    ask(&mut client, Method::GET, MAPS, &Value::Null).await.expect("answered");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let healer = faults.clone();
    let healing = tokio::spawn(async move {
        time::sleep(Duration::from_secs(1)).await;
        healer.heal();
    });
    ask(&mut client, Method::GET, MAPS, &Value::Null).await.expect("answered");
    assert_eq!(start.elapsed(), Duration::from_secs(6));
    healing.await.expect("done");
}

#[tokio::test(start_paused = true)]
async fn lists_can_be_stale_and_history_can_go() {
    let (server, faults) = (server(), Faults::none());
    let mut client = faults.layer("a").layer(server.clone());
    for name in ["x", "y", "z"] {
        create(&mut client, name).await.expect("created");
    }
    faults.script(Rule::new(Fault::StaleList(2)));
    for (query, items) in [("", 3), ("?resourceVersion=0", 1), ("?resourceVersion=0", 3)] {
        let (_, list) =
            ask(&mut client, Method::GET, &format!("{MAPS}{query}"), &Value::Null).await.expect("a list");
        assert_eq!(list["items"].as_array().expect("items").len(), items, "{query}");
    }
    faults.script(Rule::new(Fault::Compact));
    let past = format!("{MAPS}?resourceVersion={}&resourceVersionMatch=Exact", server.revision() - 1);
    assert_eq!(ask(&mut client, Method::GET, &past, &Value::Null).await.expect("answered").0, 410);
}

async fn next(body: &mut FaultyBody) -> Option<Result<String, Lost>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| {
        let line: Value = serde_json::from_slice(frame.data_ref().expect("data")).expect("JSON");
        format!(
            "{} {}",
            line["type"].as_str().expect("type"),
            line["object"]["metadata"]["name"].as_str().expect("name")
        )
    }))
}

#[tokio::test(start_paused = true)]
async fn watches_break_and_come_late() {
    let (server, faults) = (server(), Faults::none());
    let mut writer = faults.layer("writer").layer(server.clone());
    let mut reader = faults.layer("reader").layer(server);
    let path = format!("{MAPS}?watch=1");
    faults.script(Rule::new(Fault::DelayWatch(Duration::from_secs(3))));
    let mut late = send(&mut reader, Method::GET, &path, &Value::Null).await.expect("a watch").into_body();
    faults.script(Rule::new(Fault::CutWatch(Duration::from_secs(4))));
    let mut cut = send(&mut reader, Method::GET, &path, &Value::Null).await.expect("a watch").into_body();
    let start = Instant::now();
    create(&mut writer, "x").await.expect("created");
    create(&mut writer, "y").await.expect("created");
    assert_eq!(next(&mut cut).await, Some(Ok("ADDED x".into())));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(next(&mut late).await, Some(Ok("ADDED x".into())));
    assert_eq!(next(&mut late).await, Some(Ok("ADDED y".into())));
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    assert_eq!(next(&mut cut).await, Some(Ok("ADDED y".into())));
    assert_eq!(next(&mut cut).await, Some(Err(Lost::Reply)));
    assert_eq!(start.elapsed(), Duration::from_secs(4));
    assert!(next(&mut cut).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_partitioned_client_hears_nothing_until_healed() {
    let (server, faults) = (server(), Faults::none());
    let mut writer = faults.layer("writer").layer(server.clone());
    let mut reader = faults.layer("reader").layer(server);
    let path = format!("{MAPS}?watch=1");
    let mut events = send(&mut reader, Method::GET, &path, &Value::Null).await.expect("a watch").into_body();
    faults.partition("reader");
    create(&mut writer, "x").await.expect("the others work");
    assert_eq!(ask(&mut reader, Method::GET, MAPS, &Value::Null).await.expect_err("cut off"), Lost::Request);
    assert!(time::timeout(Duration::from_mins(1), next(&mut events)).await.is_err());
    faults.heal();
    assert_eq!(next(&mut events).await, Some(Ok("ADDED x".into())));
    assert_eq!(ask(&mut reader, Method::GET, MAPS, &Value::Null).await.expect("mended").0, 200);
}

/// What two clients meet who take turns, or of whom one is silent.
async fn meets(seed: u64, has_other: bool) -> Vec<Injected> {
    let (server, faults) = (server(), Faults::seeded(seed, Rates::rough()));
    let (mut a, mut b) = (faults.layer("a").layer(server.clone()), faults.layer("b").layer(server));
    for n in 0..200 {
        let _met = create(&mut a, &format!("a{n}")).await;
        if has_other {
            let _met = create(&mut b, &format!("b{n}")).await;
        }
    }
    faults.injected().into_iter().filter(|injected| injected.client == "a").collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_faults_whatever_others_do() {
    let first = meets(7, false).await;
    assert!(first.len() > 20, "{} faults", first.len());
    assert_eq!(first, meets(7, true).await);
    assert_ne!(first, meets(8, false).await);
}
