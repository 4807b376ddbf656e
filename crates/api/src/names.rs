//! Names that are part of the contract with clusters: groups, labels, annotations, finalizers, field managers.
//!
//! They are persisted on objects, so they are upstream kro's to the letter. Refuses to compute values.

/// Group of [`ResourceGraphDefinition`](crate::ResourceGraphDefinition), and default group of generated kinds.
pub const GROUP: &str = "kro.run";
/// Group of [`GraphRevision`](crate::GraphRevision).
pub const INTERNAL_GROUP: &str = "internal.kro.run";
/// Version of both kinds.
pub const VERSION: &str = "v1alpha1";

/// The finalizer on definitions, revisions and instances.
pub const FINALIZER: &str = "kro.run/finalizer";

/// Prefixes of keys that templates may not set.
pub const RESERVED_PREFIXES: [&str; 2] = ["kro.run/", "internal.kro.run/"];

/// Prefix of the annotations of definitions that hold policies: `policy.kro.run/<option>`, or
/// `policy.kro.run/<option>.<node id>`. Ours, not upstream's.
pub const POLICY_PREFIX: &str = "policy.kro.run/";

/// Server-side apply field managers.
pub mod managers {
    /// Writes the finalizer and the identifying labels of instances.
    pub const LABELLER: &str = "kro.run/labeller";
    /// Writes the `ApplySet` label and annotations of instances.
    pub const APPLYSET_PARENT: &str = "kro.run/applyset-parent";
    /// Applies every managed child.
    pub const APPLYSET: &str = "kro.run/applyset";
}

/// Label keys.
pub mod labels {
    /// `true` on everything kro made or adopted.
    pub const OWNED: &str = "kro.run/owned";
    /// Version of the controller that wrote the object last.
    pub const KRO_VERSION: &str = "kro.run/kro-version";
    /// UID of the definition; on instances and generated CRDs.
    pub const DEFINITION_ID: &str = "kro.run/resource-graph-definition-id";
    /// Name of the definition; on instances, generated CRDs and revisions.
    pub const DEFINITION_NAME: &str = "kro.run/resource-graph-definition-name";
    /// Hash of the definition's spec; on revisions, for people to read.
    pub const REVISION_HASH: &str = "kro.run/graph-revision-hash";
    /// UID of the instance; on children, as are the next six.
    pub const INSTANCE_ID: &str = "kro.run/instance-id";
    /// Name of the instance.
    pub const INSTANCE_NAME: &str = "kro.run/instance-name";
    /// Namespace of the instance; absent for cluster-scoped kinds.
    pub const INSTANCE_NAMESPACE: &str = "kro.run/instance-namespace";
    /// Group of the instance's kind.
    pub const INSTANCE_GROUP: &str = "kro.run/instance-group";
    /// Version of the instance's kind.
    pub const INSTANCE_VERSION: &str = "kro.run/instance-version";
    /// Kind of the instance.
    pub const INSTANCE_KIND: &str = "kro.run/instance-kind";
    /// The node of the graph a child belongs to.
    pub const NODE_ID: &str = "kro.run/node-id";
    /// Position of an item in its collection, from 0.
    pub const COLLECTION_INDEX: &str = "kro.run/collection-index";
    /// Number of items of the collection.
    pub const COLLECTION_SIZE: &str = "kro.run/collection-size";
    /// The common label for the tool in charge; kro writes [`MANAGED_BY_KRO`] on children.
    pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
    /// Value of [`MANAGED_BY`].
    pub const MANAGED_BY_KRO: &str = "kro";
    /// `ApplySet` id; on instances (KEP-3659).
    pub const APPLYSET_ID: &str = "applyset.kubernetes.io/id";
    /// `ApplySet` id of the instance; on children (KEP-3659).
    pub const APPLYSET_PART_OF: &str = "applyset.kubernetes.io/part-of";
}

/// Annotation keys.
pub mod annotations {
    /// On a definition: exactly `true` lets a breaking change of the generated CRD through.
    pub const ALLOW_BREAKING_CHANGES: &str = "kro.run/allow-breaking-changes";
    /// On an instance: `suspended` or `disabled` (any case) stops its reconciliation.
    pub const RECONCILE: &str = "kro.run/reconcile";
    /// On an instance: the tool and version that owns its `ApplySet` (KEP-3659).
    pub const APPLYSET_TOOLING: &str = "applyset.kubernetes.io/tooling";
    /// On an instance: kinds of its children, `Kind.group`, sorted, comma separated (KEP-3659).
    pub const APPLYSET_GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
    /// On an instance: namespaces of its children other than its own, sorted, comma separated (KEP-3659).
    pub const APPLYSET_NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
    /// On an instance: integrity hash over its inventory.
    pub const INVENTORY_HASH: &str = "internal.kro.run/applyset-inventory-hash";
    /// On a child: its wave, from 1; teardown goes backwards through them.
    pub const APPLY_ORDER: &str = "internal.kro.run/apply-order";
    /// On a definition or an instance: the number of the revision to stay at. Ours, not upstream's.
    pub const REVISION: &str = "policy.kro.run/revision";
    /// On manifests the command line tool generated.
    pub const CLI_VERSION: &str = "kro.run/cli-version";
}
