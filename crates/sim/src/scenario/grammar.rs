//! What a scenario file may hold, as data: reading checks against it, and the JSON Schema is made from it.

use kro_apiserver::Outcome;

/// What stands at a place of the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// A text that is not empty.
    Text,
    /// A text of small letters, digits and dashes.
    Slug,
    /// A duration as Go writes it: `30s`, `1m30s`.
    Duration,
    /// A whole number from 0 on.
    Count,
    /// `true`; `false` would mean nothing.
    True,
    /// One of some words, each with what it means.
    Word(&'static [(&'static str, &'static str)]),
    /// A CEL expression.
    Expression,
    /// An object with any fields.
    Anything,
    /// Files and objects: one, or a list.
    Manifests,
    /// Fields that are known.
    Record(&'static Record),
    /// Any number of one thing.
    List(&'static Shape),
}

/// An object whose fields are known.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) fields: &'static [Field],
    /// Exactly one of these is there.
    pub(super) one_of: &'static [&'static str],
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// One sentence, for readers of the schema.
    pub(super) about: &'static str,
}

const fn field(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: false, about }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: true, about }
}

/// `apiVersion` of scenario files.
pub const API_VERSION: &str = "test.kro.run/v1alpha1";

pub(super) static SCENARIO: Record = Record {
    fields: &[
        required("apiVersion", Shape::Word(&[(API_VERSION, "this format")]), "The format."),
        required("kind", Shape::Word(&[("Scenario", "a scenario")]), "What this is."),
        required("name", Shape::Text, "What is shown to hold, in a few words."),
        field("given", Shape::Manifests, "What is there from the start: definitions, CRDs, objects."),
        field("hold", Shape::List(&Shape::Record(&SOME)), "What the cluster's own controllers leave alone."),
        field(
            "outcomes",
            Shape::List(&Shape::Record(&TURN)),
            "How what the cluster's own controllers do turns out, where it is not to succeed.",
        ),
        field("seed", Shape::Count, "Seed of names, jitter and faults; 0 without it."),
        field(
            "faults",
            Shape::Word(&[
                ("none", "nothing goes wrong by itself"),
                ("light", "about one request in twenty meets something"),
                ("heavy", "about one request in four meets something, and watches break within seconds"),
            ]),
            "What goes wrong by chance between the operator and the API server.",
        ),
        required(
            "steps",
            Shape::List(&Shape::Record(&STEP)),
            "What happens, and what must hold then, in order.",
        ),
    ],
    one_of: &[],
};

pub(super) static STEP: Record = Record {
    fields: &[
        field("at", Shape::Duration, "Not before this much time since the first step."),
        field("apply", Shape::Manifests, "Created or changed, as `kubectl apply --server-side` does."),
        field("patch", Shape::Record(&PATCH), "One object is changed by a JSON merge patch."),
        field("delete", Shape::Record(&ONE), "One object is deleted."),
        field("wait", Shape::Duration, "Time passes."),
        field(
            "hold",
            Shape::Record(&SOME),
            "The cluster's own controllers leave these objects alone from now on.",
        ),
        field("release", Shape::Record(&SOME), "The cluster's own controllers go on with these objects."),
        field(
            "outcome",
            Shape::Record(&TURN),
            "What the cluster's own controllers do turns out like this from now on. What is up stays up, unless its containers end.",
        ),
        field("fail", Shape::Record(&FAIL), "The operator's next requests of a kind fail."),
        field("heal", Shape::True, "No request fails any more."),
        field(
            "operator",
            Shape::Word(&[
                ("crash", "killed where it is, and started again"),
                ("restart", "ended by a signal, and started again"),
                ("stop", "ended by a signal"),
                ("start", "started"),
            ]),
            "What happens to the operator.",
        ),
        field(
            "crashAfter",
            Shape::Count,
            "The operator is killed after so many more steps of its own: a request that leaves, a reply or an event of a watch that arrives. The next step of the scenario starts it again.",
        ),
        field("expect", Shape::Record(&EXPECT), "What must hold."),
        field("refused", Shape::Text, "The server must refuse the step, in words that contain this."),
    ],
    one_of: &[
        "apply",
        "patch",
        "delete",
        "wait",
        "hold",
        "release",
        "outcome",
        "fail",
        "heal",
        "operator",
        "crashAfter",
        "expect",
    ],
};

static EXPECT: Record = Record {
    fields: &[
        field(
            "objects",
            Shape::List(&Shape::Anything),
            "Objects that are there with at least these fields; items of lists are found in their order. Without a name any object of the kind may fit.",
        ),
        field("absent", Shape::List(&Shape::Record(&ONE)), "Objects that are not there."),
        field(
            "created",
            Shape::List(&Shape::Record(&ONE)),
            "Objects that the operator has created, in this order.",
        ),
        field(
            "deleted",
            Shape::List(&Shape::Record(&ONE)),
            "Objects that the operator has deleted, in this order.",
        ),
        field("events", Shape::List(&Shape::Anything), "Events with at least these fields."),
        field(
            "requests",
            Shape::Record(&REQUESTS),
            "What the operator has asked for at most since the expectation before this one.",
        ),
        field(
            "that",
            Shape::List(&Shape::Expression),
            "CEL expressions that are true. `objects` is the list of all objects, `requests` that of the operator's requests (`at`, `verb`, `path`, `code`), `seconds` the time since the first step.",
        ),
        field(
            "snapshot",
            Shape::Slug,
            "The objects that kro made are those of the snapshot of this name; `kro test --bless` writes it.",
        ),
        field(
            "settled",
            Shape::True,
            "Everything is as the definitions say, and nothing is read or written any more. Ends all faults.",
        ),
        field(
            "within",
            Shape::Duration,
            "How much time may pass until all of it holds together; 1m without it.",
        ),
        field("during", Shape::Duration, "It holds all this time, from now on, instead of some time soon."),
    ],
    one_of: &[],
};

static REQUESTS: Record = Record {
    fields: &[
        field("reads", Shape::Count, "Gets and lists."),
        field("writes", Shape::Count, "Creates, patches and deletes."),
    ],
    one_of: &[],
};

static PATCH: Record = Record {
    fields: &[
        required("object", Shape::Record(&ONE), "Which."),
        required("with", Shape::Anything, "The patch."),
        field("subresource", Shape::Slug, "`status` or another subresource."),
    ],
    one_of: &[],
};

static FAIL: Record = Record {
    fields: &[
        required(
            "object",
            Shape::Record(&SOME),
            "Which objects the requests are about; without a name all of the kind in the namespace.",
        ),
        required(
            "with",
            Shape::Word(&[
                ("forbidden", "403, as a quota, a policy or a missing right"),
                ("conflict", "409"),
                ("tooManyRequests", "429, with a wait of a second"),
                ("internalError", "500"),
                ("unavailable", "503"),
                ("lostRequest", "the connection breaks before the server has performed it"),
                ("lostReply", "the connection breaks after the server has performed it"),
            ]),
            "How they fail.",
        ),
        field(
            "verb",
            Shape::Word(&[("read", "gets"), ("write", "creates and changes"), ("delete", "deletions")]),
            "Which requests; `write` without it.",
        ),
        field("times", Shape::Count, "How many; all until `heal` without it."),
    ],
    one_of: &[],
};

static TURN: Record = Record {
    fields: &[
        required(
            "object",
            Shape::Record(&SOME),
            "Which: a pod, or what makes pods; a claim, a service, an ingress. Without a name all of the kind.",
        ),
        required("with", Shape::Word(&Outcome::NAMES), "How it turns out."),
    ],
    one_of: &[],
};

static ONE: Record =
    Record { fields: &[API, KIND, required("name", Shape::Text, "Its name."), NAMESPACE], one_of: &[] };

static SOME: Record = Record {
    fields: &[
        API,
        KIND,
        field("name", Shape::Text, "Its name; without it all of the kind are meant."),
        NAMESPACE,
    ],
    one_of: &[],
};

const API: Field = required("apiVersion", Shape::Text, "Group and version.");
const KIND: Field = required("kind", Shape::Text, "Kind.");
const NAMESPACE: Field = field("namespace", Shape::Text, "Its namespace; `default` without it.");
