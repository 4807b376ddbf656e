//! Watches every request of the operators as the server performs it, and what must never happen even once.

mod judge;

use crate::{policies::Policies, transcript::Transcript};
use http::{Method, StatusCode, Uri};
use kro_api::{Profile, names};
use kro_apiserver::{
    ApiServer,
    core::{Key, ResourceId},
    fault::Witness,
};
use kro_object::{GroupKind, Object};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Sub,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Counts, and what was broken.
pub(crate) struct Observer {
    server: ApiServer,
    transcript: Transcript,
    policies: Mutex<Policies>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    counts: Requests,
    /// The present minute of each client, and its requests up to now.
    minutes: BTreeMap<String, (u64, u64)>,
    /// The most requests of one client in a minute.
    busiest: u64,
    journal: Vec<Request>,
    broken: Vec<String>,
    /// The clients that are kro's, and must keep its rules.
    kro: BTreeSet<String>,
    never_prunes: bool,
    rules: Rules,
    /// The object a write is about to change, by client.
    before: BTreeMap<String, Object>,
}

/// No operator of a small world makes so many requests within a minute, whatever goes wrong.
const MOST_IN_A_MINUTE: u64 = 1500;

/// A rule for each request: what it was, the object before it and after it.
type Rule = dyn Fn(&Request, Option<&Object>, Option<&Object>) -> Result<(), String> + Send;

/// Rules that others have added.
#[derive(Default)]
struct Rules(Vec<Box<Rule>>);

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rules", self.0.len())
    }
}

/// How many requests operators made; watches and what is about leases apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// Gets and lists, discovery and schemas included.
    pub reads: u64,
    /// Creates, patches and deletes.
    pub writes: u64,
}

/// One request of an operator that reached the server; watches apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Virtual seconds since the world began.
    pub at: f64,
    /// The operator.
    pub client: String,
    /// HTTP method.
    pub verb: String,
    /// Path.
    pub path: String,
    /// Status code of the answer.
    pub code: u16,
    /// The object of a write.
    pub target: Option<(ResourceId, Key)>,
    /// The object's kind, if it is or was there.
    pub kind: Option<GroupKind>,
    /// What became of the object.
    pub effect: Option<Effect>,
}

/// What a request did to an object, beyond changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is there now.
    Created,
    /// It is gone, or on its way.
    Deleted,
}

impl State {
    fn count(&mut self, client: &str, at: f64) {
        // Virtual time begins at 0 and no world lives for as long as a u64 has minutes.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number above 0")]
        let minute = (at / 60.0) as u64;
        let (present, count) = self.minutes.entry(client.to_owned()).or_default();
        *count = if *present == minute { *count + 1 } else { 1 };
        *present = minute;
        let count = *count;
        self.busiest = self.busiest.max(count);
        if count == MOST_IN_A_MINUTE && self.kro.contains(client) {
            self.broken.push(format!("made {count} requests within a minute"));
        }
    }
}

impl Sub for Requests {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { reads: self.reads - earlier.reads, writes: self.writes - earlier.writes }
    }
}

impl Requests {
    /// Reads and writes.
    pub fn total(self) -> u64 {
        self.reads + self.writes
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("state", &*self.state()).finish_non_exhaustive()
    }
}

impl Observer {
    pub(crate) fn new(server: ApiServer, transcript: Transcript, profile: Profile) -> Self {
        Self { server, transcript, policies: Mutex::new(Policies::new(profile)), state: Mutex::default() }
    }

    /// The policies up to now: operators may act by those that held a while ago.
    pub(crate) fn policies(&self) -> MutexGuard<'_, Policies> {
        let definitions = self.server.all(names::GROUP, "ResourceGraphDefinition");
        let mut policies = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        policies.learn(self.transcript.seconds(), &definitions);
        policies
    }

    pub(crate) fn requests(&self) -> Requests {
        self.state().counts
    }

    /// The most requests that one program made within a minute.
    pub(crate) fn busiest(&self) -> u64 {
        self.state().busiest
    }

    pub(crate) fn journal(&self) -> Vec<Request> {
        self.state().journal.clone()
    }

    /// What was broken so far; forgets it.
    pub(crate) fn take_broken(&self) -> Vec<String> {
        std::mem::take(&mut self.state().broken)
    }

    pub(crate) fn never_prunes(&self) {
        self.state().never_prunes = true;
    }

    /// A client is kro's: it must keep kro's rules.
    pub(crate) fn is_kro(&self, client: &str) {
        self.state().kro.insert(client.to_owned());
    }

    /// Adds a rule that holds for every request from now on.
    pub(crate) fn always(&self, rule: Box<Rule>) {
        self.state().rules.0.push(rule);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored(&self, path: &str) -> Option<Object> {
        let (resource, key) = target(path)?;
        self.server.stored(&resource, &key)
    }
}

impl Witness for Observer {
    fn before(&self, client: &str, method: &Method, uri: &Uri) {
        if *method == Method::GET {
            return;
        }
        let stored = self.stored(uri.path());
        let broken = match &stored {
            Some(object) if *method == Method::DELETE && self.state().kro.contains(client) => {
                self.judge_delete(uri.path(), object)
            }
            _ => None,
        };
        let mut state = self.state();
        state.broken.extend(broken);
        match stored {
            Some(object) => state.before.insert(client.to_owned(), object),
            None => state.before.remove(client),
        };
    }

    fn after(&self, client: &str, method: &Method, uri: &Uri, status: StatusCode) {
        let is_watch = uri.query().is_some_and(|query| query.contains("watch=true"));
        let what = if is_watch { "WATCH" } else { method.as_str() };
        self.transcript.note(&format!("{client}: {what} {} {}", uri.path(), status.as_u16()));
        if is_watch {
            return;
        }
        let is_write = *method != Method::GET;
        let target = if is_write { target(uri.path()) } else { None };
        let after = target.as_ref().and_then(|(resource, key)| self.server.stored(resource, key));
        let mut state = self.state();
        let before = if is_write { state.before.remove(client) } else { None };
        if let Some(before) = before.as_ref().filter(|_| state.kro.contains(client)) {
            drop(state);
            let broken = self.judge_change(uri.path(), before, after.as_ref());
            state = self.state();
            state.broken.extend(broken);
        }
        if !uri.path().contains("/leases") {
            *(if is_write { &mut state.counts.writes } else { &mut state.counts.reads }) += 1;
            state.count(client, self.transcript.seconds());
        }
        let effect = match (&before, &after) {
            (None, Some(_)) => Some(Effect::Created),
            (Some(_), _) if *method == Method::DELETE && status.is_success() => Some(Effect::Deleted),
            _ => None,
        };
        let (before, after) = (before.as_ref(), after.as_ref());
        let request = Request {
            at: self.transcript.seconds(),
            client: client.to_owned(),
            verb: method.to_string(),
            path: uri.path().to_owned(),
            code: status.as_u16(),
            target,
            kind: before.or(after).and_then(|object| Some(object.gvk().ok()?.group_kind())),
            effect,
        };
        let broken: Vec<String> =
            state.rules.0.iter().filter_map(|rule| rule(&request, before, after).err()).collect();
        state.broken.extend(broken);
        state.journal.push(request);
    }
}

/// The resource and name in the path of an object.
fn target(path: &str) -> Option<(ResourceId, Key)> {
    let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, rest) = match words.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return None,
    };
    let (namespace, plural, name) = match rest {
        ["namespaces", namespace, plural, name, ..] => (*namespace, *plural, *name),
        // All of a kind.
        ["namespaces", _, _] => return None,
        [plural, name, ..] => ("", *plural, *name),
        _ => return None,
    };
    let resource = ResourceId { group: group.into(), plural: plural.into() };
    Some((resource, Key::new(namespace, name)))
}
