//! Which fault a request meets: what it asks for, the odds, and dice that give the same throws for the same seed.

use super::Fault;
use crate::{core::request, ids::Ids};
use http::{Method, Uri};
use std::time::Duration;

/// Faults per thousand requests that can meet them. All of them together should stay well below a thousand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates {
    /// [`Fault::Delay`], up to `longest`.
    pub delay: u16,
    /// [`Fault::LoseRequest`].
    pub lose_request: u16,
    /// [`Fault::LoseReply`].
    pub lose_reply: u16,
    /// [`Fault::Conflict`], for writes of what exists.
    pub conflict: u16,
    /// [`Fault::TooManyRequests`], one second.
    pub too_many_requests: u16,
    /// [`Fault::InternalError`].
    pub internal_error: u16,
    /// [`Fault::Unavailable`].
    pub unavailable: u16,
    /// [`Fault::Deny`].
    pub deny: u16,
    /// [`Fault::Compact`].
    pub compact: u16,
    /// [`Fault::StaleList`] by up to 20 revisions.
    pub stale_list: u16,
    /// [`Fault::CutWatch`] after up to `longest`, for watches.
    pub cut_watch: u16,
    /// [`Fault::DelayWatch`] by up to `longest`, for watches.
    pub delay_watch: u16,
    /// The longest delay, and the longest life of a watch that is cut.
    pub longest: Duration,
}

impl Rates {
    /// A day like others: about a request in twenty meets something, and a watch in fifty breaks.
    pub fn mild() -> Self {
        Self {
            delay: 20,
            lose_request: 8,
            lose_reply: 8,
            conflict: 5,
            too_many_requests: 3,
            internal_error: 3,
            unavailable: 3,
            deny: 0,
            compact: 2,
            stale_list: 20,
            cut_watch: 20,
            delay_watch: 30,
            longest: Duration::from_secs(2),
        }
    }

    /// A bad day: about a quarter of all requests meet something, watches break within ten seconds.
    pub fn rough() -> Self {
        Self {
            delay: 50,
            lose_request: 30,
            lose_reply: 30,
            conflict: 30,
            too_many_requests: 20,
            internal_error: 30,
            unavailable: 20,
            deny: 5,
            compact: 10,
            stale_list: 100,
            cut_watch: 300,
            delay_watch: 200,
            longest: Duration::from_secs(10),
        }
    }

    /// The fault that a throw of the dice gives.
    pub(super) fn pick(&self, roll: Roll, asked: &Asked) -> Option<Fault> {
        let part = |most: Duration| {
            let thousandths = u32::try_from(roll.amount % 1000).unwrap_or(0) + 1;
            most.saturating_mul(thousandths) / 1000
        };
        let faults = [
            (self.delay, Fault::Delay(part(self.longest))),
            (self.lose_request, Fault::LoseRequest),
            (self.lose_reply, Fault::LoseReply),
            (self.conflict, Fault::Conflict),
            (self.too_many_requests, Fault::TooManyRequests(1)),
            (self.internal_error, Fault::InternalError),
            (self.unavailable, Fault::Unavailable),
            (self.deny, Fault::Deny),
            (self.compact, Fault::Compact),
            (self.stale_list, Fault::StaleList(roll.amount % 20 + 1)),
            (self.cut_watch, Fault::CutWatch(part(self.longest))),
            (self.delay_watch, Fault::DelayWatch(part(self.longest))),
        ];
        let mut left = roll.which % 1000;
        for (rate, fault) in faults.into_iter().filter(|(_, fault)| asked.can_meet(*fault)) {
            let rate = u64::from(rate);
            if left < rate {
                return Some(fault);
            }
            left -= rate;
        }
        None
    }
}

/// What a request asks for, as far as faults care.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) is_watch: bool,
    /// A list that says `resourceVersion=0`: anything the server remembers will do.
    takes_any_version: bool,
    /// Group, plural and name of the resource, for messages.
    pub(super) resource: (String, String, String),
}

impl Asked {
    pub(super) fn new(method: &Method, uri: &Uri) -> Self {
        let query = request::parse_query(uri.query().unwrap_or_default());
        let param = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let is_watch = *method == Method::GET && param("watch").is_some_and(|v| !matches!(v, "0" | "false"));
        let (mut is_list, mut resource) = (false, Default::default());
        if let Ok(request::Target::Resource(info)) = request::target(uri.path()) {
            is_list = *method == Method::GET && info.name.is_none() && !is_watch;
            resource = (info.group, info.plural, info.name.unwrap_or_default());
        }
        Self {
            method: method.clone(),
            path: uri.path().to_owned(),
            is_watch,
            takes_any_version: is_list && param("resourceVersion") == Some("0"),
            resource,
        }
    }

    /// Whether the fault makes sense for such a request.
    pub(super) fn can_meet(&self, fault: Fault) -> bool {
        match fault {
            Fault::Conflict => matches!(self.method, Method::PUT | Method::PATCH | Method::DELETE),
            Fault::StaleList(_) => self.takes_any_version,
            Fault::CutWatch(_) | Fault::DelayWatch(_) => self.is_watch,
            Fault::LoseReply => !self.is_watch,
            _ => true,
        }
    }
}

/// One throw: which fault, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roll {
    which: u64,
    amount: u64,
}

/// The dice of one client.
#[derive(Debug)]
pub(super) struct Dice(Ids);

impl Dice {
    pub(super) fn new(seed: u64, client: &str) -> Self {
        // FNV-1a, so that every client has dice of its own.
        let mixed = client.bytes().fold(0xCBF2_9CE4_8422_2325_u64 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(Ids::new(mixed))
    }

    pub(super) fn roll(&mut self) -> Roll {
        Roll { which: self.0.bits(), amount: self.0.bits() }
    }
}
