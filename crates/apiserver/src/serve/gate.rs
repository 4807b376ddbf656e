//! Priority and fairness, simple enough to be explained: reads and writes have each a number of places. A client
//! takes at most half of either, so that one alone never shuts the others out. Who finds no place is told to come
//! back in a second. Health checks always pass.

use super::Limits;
use crate::{core::Identity, status::Status};
use http::{Method, Request, header};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Requests under way.
#[derive(Debug)]
pub(super) struct Gate {
    reads: Arc<Pool>,
    writes: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    limit: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// By client, who has at least one.
    by_client: BTreeMap<Arc<str>, usize>,
}

/// Where one request is; dropping it makes room.
#[derive(Debug)]
pub(super) struct Place {
    /// Absent for those that need none.
    held: Option<(Arc<Pool>, Arc<str>)>,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let pool = |limit: usize| Arc::new(Pool { limit, taken: Mutex::default() });
        Self { reads: pool(limits.reads), writes: pool(limits.writes) }
    }

    /// A place for a request, if there is one.
    pub(super) fn enter<B>(&self, request: &Request<B>, identity: Option<&Identity>) -> Option<Place> {
        if matches!(request.uri().path(), "/healthz" | "/livez" | "/readyz") {
            return Some(Place { held: None });
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let pool = if is_read { &self.reads } else { &self.writes };
        Pool::enter(pool, client(request, identity).into())
    }
}

impl Pool {
    fn enter(pool: &Arc<Self>, client: Arc<str>) -> Option<Place> {
        let mut taken = pool.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.by_client.get(&client).copied().unwrap_or(0);
        if taken.all >= pool.limit || own >= pool.limit.div_ceil(2) {
            return None;
        }
        taken.all += 1;
        taken.by_client.insert(client.clone(), own + 1);
        Some(Place { held: Some((pool.clone(), client)) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((pool, client)) = &self.held else { return };
        let mut taken = pool.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        match taken.by_client.get_mut(client) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.by_client.remove(client);
            }
        }
    }
}

/// Who a request is from: a user, and which of the user's programs.
fn client<B>(request: &Request<B>, identity: Option<&Identity>) -> String {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let user = identity.map_or_else(|| text(header::AUTHORIZATION), |identity| &identity.user);
    format!("{user} {}", text(header::USER_AGENT))
}

/// What those are told who find no place.
pub(super) fn overload() -> Status {
    Status::too_many_requests("The server has received too many requests; try again later", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str, agent: &str) -> Request<()> {
        let builder = Request::builder().method(method).uri(path).header("user-agent", agent);
        builder.body(()).expect("a request")
    }

    #[test]
    fn one_client_leaves_room_for_others() {
        let gate = Gate::new(Limits { reads: 4, writes: 2, ..Limits::default() });
        let enter = |method, agent| gate.enter(&request(method, "/api/v1/pods", agent), None);
        let mut places: Vec<_> = (0..2).map(|_| enter(Method::GET, "greedy").expect("room")).collect();
        assert!(enter(Method::GET, "greedy").is_none(), "half is the most one client gets");
        places.extend((0..2).map(|_| enter(Method::GET, "modest").expect("room")));
        assert!(enter(Method::GET, "third").is_none(), "all places are taken");
        assert!(enter(Method::POST, "third").is_some(), "writes have places of their own");
        assert!(gate.enter(&request(Method::GET, "/readyz", "third"), None).is_some());
        drop(places);
        assert!(enter(Method::GET, "greedy").is_some());
    }
}
