//! Watches as positions in the change log: polled, never blocking.

use super::{Request, list::check_fields, output};
use crate::{
    core::{
        Core, Reply, Reply as Answer, ReplyBody,
        negotiate::{Form, Format},
        object,
        options::{ListOptions, parse_version},
        registry::Served,
        selector::Selectors,
        store::{Change, Forgotten},
        table::{self, IncludeObject},
    },
    encode,
    status::Status,
    wakes::Topic,
};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::{collections::VecDeque, sync::Arc, time::Duration};

/// Between two bookmarks on a silent watch.
const BOOKMARK_PERIOD: Duration = Duration::from_mins(1);

/// A position in the change log of one resource with its selectors.
#[derive(Debug)]
pub struct Cursor {
    served: Arc<Served>,
    namespace: Option<String>,
    selectors: Selectors,
    form: Form,
    include: IncludeObject,
    /// Every change up to here has been told.
    revision: u64,
    /// Events to tell before those of the log.
    pending: VecDeque<Value>,
    deadline: Option<Timestamp>,
    next_bookmark: Option<Timestamp>,
    has_sent_columns: bool,
    is_over: bool,
}

/// What a [`Cursor`] has to tell.
#[derive(Debug)]
pub enum Next {
    /// One line of the stream, with its end of line.
    Event(Vec<u8>),
    /// Nothing until the revision moves on or the time given is reached.
    Pending(Option<Timestamp>),
    /// The watch has ended.
    Closed,
}

impl Core {
    pub(super) fn watch(&self, request: &Request<'_>) -> Result<Reply, Status> {
        let options = ListOptions::parse(request.call)?;
        let served = &request.served;
        check_fields(served, &options.selectors.fields)?;
        let wanted = parse_version(&options.resource_version).map_err(Status::unexpected)?;
        let present = self.store.revision();
        let later = |seconds: u64| request.now.saturating_add(Duration::from_secs(seconds));
        let mut cursor = Cursor {
            served: served.clone(),
            namespace: request.namespace.clone(),
            selectors: options.selectors.clone(),
            form: request.output.form.clone(),
            include: output::include(request)?,
            revision: wanted,
            pending: VecDeque::new(),
            deadline: Some(later(options.timeout_seconds.unwrap_or(1800))),
            next_bookmark: options.bookmarks.then(|| request.now.saturating_add(BOOKMARK_PERIOD)),
            has_sent_columns: false,
            is_over: false,
        };
        let wants_state = options.initial_events.unwrap_or(wanted == 0);
        if wants_state && wanted <= present {
            for (_, stored) in self.store.list(&served.storage, request.namespace.as_deref()) {
                let object = served.present(stored);
                if cursor.selectors.matches(&object) {
                    cursor.pending.push_back(json!({"type": "ADDED", "object": object}));
                }
            }
            cursor.revision = present;
            if options.initial_events == Some(true) {
                let mut bookmark = cursor.bookmark(present);
                object::set_meta(
                    &mut bookmark["object"],
                    "annotations",
                    Some(json!({"k8s.io/initial-events-end": "true"})),
                );
                cursor.pending.push_back(bookmark);
            }
        } else if wanted == 0 {
            cursor.revision = present;
        }
        if let Err(Forgotten { oldest }) = self.store.after(cursor.revision.min(present)) {
            let status = Status::expired(format!("too old resource version: {wanted} ({oldest})"));
            cursor.pending.push_back(json!({"type": "ERROR", "object": status.to_value()}));
            cursor.is_over = true;
        }
        Ok(Answer {
            status: 200,
            headers: vec![("content-type", Format::Json.content_type().to_owned())],
            body: ReplyBody::Watch(Box::new(cursor)),
        })
    }

    /// The next event of a watch.
    pub fn next(&self, cursor: &mut Cursor, now: Timestamp) -> Next {
        loop {
            if let Some(event) = cursor.pending.pop_front() {
                return Next::Event(cursor.line(event, now));
            }
            if cursor.is_over || cursor.deadline.is_some_and(|deadline| now >= deadline) {
                return Next::Closed;
            }
            let namespace = cursor.namespace.as_deref();
            match self.store.after_in(&cursor.served.storage, namespace, cursor.revision) {
                Err(Forgotten { oldest }) => {
                    let status =
                        Status::expired(format!("too old resource version: {} ({oldest})", cursor.revision));
                    cursor.pending.push_back(json!({"type": "ERROR", "object": status.to_value()}));
                    cursor.is_over = true;
                }
                Ok(Some(change)) => {
                    cursor.revision = change.revision;
                    // The kind may have changed since the watch began.
                    let served = &cursor.served;
                    if let Some(now) = self.registry.get(&served.group, &served.version, &served.plural) {
                        cursor.served = now.clone();
                    }
                    if let Some(line) = cursor.verbatim(change) {
                        return Next::Event(line);
                    }
                    let old = change.old.as_ref().map(|old| cursor.served.present(old));
                    let new = change.new.as_ref().map(|new| cursor.served.present(new));
                    cursor.pending.extend(event(&cursor.selectors, old, new, change.revision));
                }
                Ok(None) => {
                    cursor.revision = cursor.revision.max(self.store.revision());
                    if cursor.next_bookmark.is_some_and(|at| now >= at) {
                        cursor.next_bookmark = Some(now.saturating_add(BOOKMARK_PERIOD));
                        let bookmark = cursor.bookmark(cursor.revision);
                        cursor.pending.push_back(bookmark);
                        continue;
                    }
                    let wake = [cursor.deadline, cursor.next_bookmark].into_iter().flatten().min();
                    return Next::Pending(wake);
                }
            }
        }
    }
}

/// A change as a watch with selectors sees it: coming into view is an addition, leaving it a deletion that shows
/// the old content under the new revision.
fn event(selectors: &Selectors, old: Option<Value>, new: Option<Value>, revision: u64) -> Option<Value> {
    let old = old.filter(|old| selectors.matches(old));
    let new = new.filter(|new| selectors.matches(new));
    let (kind, object) = match (old, new) {
        (None, None) => return None,
        (None, Some(new)) => ("ADDED", new),
        (Some(_), Some(new)) => ("MODIFIED", new),
        (Some(mut old), None) => {
            object::set_revision(&mut old, revision);
            ("DELETED", old)
        }
    };
    Some(json!({"type": kind, "object": object}))
}

impl Cursor {
    /// Every change up to here has been told.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// What has to change for the watch to have something to tell.
    pub(crate) fn topic(&self) -> Topic {
        let namespace = self.namespace.as_deref().map(Into::into);
        Topic { resource: self.served.storage.clone(), namespace }
    }

    /// The line of a change that is shown as it is stored; removals show another revision than they are stored with.
    fn verbatim(&self, change: &Change) -> Option<Vec<u8>> {
        let new = change.new.as_ref()?;
        let is_plain = self.form == Form::Object && self.selectors.is_everything();
        if !is_plain || !self.served.is_stored_verbatim() {
            return None;
        }
        let json = new.json();
        let mut line = Vec::with_capacity(json.len() + 40);
        line.extend_from_slice(b"{\"object\":");
        line.extend_from_slice(&json);
        let kind: &[u8] = if change.old.is_some() { b"MODIFIED" } else { b"ADDED" };
        line.extend_from_slice(b",\"type\":\"");
        line.extend_from_slice(kind);
        line.extend_from_slice(b"\"}\n");
        Some(line)
    }

    fn bookmark(&self, revision: u64) -> Value {
        json!({"type": "BOOKMARK", "object": {
            "kind": &*self.served.kind,
            "apiVersion": self.served.api_version(),
            "metadata": {"resourceVersion": revision.to_string()},
        }})
    }

    fn line(&mut self, mut event: Value, now: Timestamp) -> Vec<u8> {
        if event["type"] != "ERROR" {
            let object = event["object"].take();
            event["object"] = match &self.form {
                Form::Object | Form::PartialList(_) => object,
                Form::Partial(version) => output::partial(&object, version),
                Form::Table(version) => {
                    let is_bookmark = event["type"] == "BOOKMARK";
                    let mut table =
                        table::table(&self.served, version, std::slice::from_ref(&object), self.include, now);
                    if is_bookmark {
                        table["rows"] = json!([]);
                    }
                    if std::mem::replace(&mut self.has_sent_columns, true) {
                        table["columnDefinitions"] = Value::Null;
                    }
                    table["metadata"] =
                        json!({"resourceVersion": object::meta_text(&object, "resourceVersion")});
                    table
                }
            };
        }
        let mut line = encode::to_vec(&event);
        line.push(b'\n');
        line
    }
}
