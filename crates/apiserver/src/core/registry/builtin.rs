//! The kinds a Kubernetes 1.36 server serves without any CRD, as one table.
//! Refuses to know their schemas: those come from `kro-k8s-schemas`.

use kro_object::Scope;

/// One line of the table. Lists are words separated by spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub group: &'static str,
    pub version: &'static str,
    pub plural: &'static str,
    pub kind: &'static str,
    pub scope: Scope,
    pub short_names: &'static str,
    pub categories: &'static str,
    pub subresources: &'static str,
}

/// The verbs of most builtin resources.
pub(crate) const ALL_VERBS: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const NAMESPACE_VERBS: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];
const CREATE_ONLY: &[&str] = &["create"];
const READ_ONLY: &[&str] = &["get", "list"];

impl Row {
    /// The verbs in the order discovery lists them.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        match (self.group, self.plural) {
            ("", "namespaces") => NAMESPACE_VERBS,
            ("", "bindings") | ("authentication.k8s.io" | "authorization.k8s.io", _) => CREATE_ONLY,
            ("", "componentstatuses") => READ_ONLY,
            _ => ALL_VERBS,
        }
    }

    /// What discovery calls one object of the resource.
    pub(crate) fn singular(&self) -> String {
        self.kind.to_ascii_lowercase()
    }
}

/// The kind and verbs of a builtin subresource: (group, version, kind), empty for the parent's.
pub(crate) fn subresource(
    parent: &str,
    name: &str,
) -> ((&'static str, &'static str, &'static str), &'static [&'static str]) {
    const READ_WRITE: &[&str] = &["get", "patch", "update"];
    const CONNECT: &[&str] = &["create", "delete", "get", "patch", "update"];
    match (parent, name) {
        (_, "scale") => (("autoscaling", "v1", "Scale"), READ_WRITE),
        (_, "token") => (("authentication.k8s.io", "v1", "TokenRequest"), CREATE_ONLY),
        (_, "eviction") => (("policy", "v1", "Eviction"), CREATE_ONLY),
        (_, "binding") => (("", "", "Binding"), CREATE_ONLY),
        (_, "finalize") => (("", "", ""), &["update"]),
        ("pods", "log") => (("", "", "Pod"), &["get"]),
        ("pods", "attach") => (("", "", "PodAttachOptions"), &["create", "get"]),
        ("pods", "exec") => (("", "", "PodExecOptions"), &["create", "get"]),
        ("pods", "portforward") => (("", "", "PodPortForwardOptions"), &["create", "get"]),
        ("pods", "proxy") => (("", "", "PodProxyOptions"), CONNECT),
        ("services", "proxy") => (("", "", "ServiceProxyOptions"), CONNECT),
        ("nodes", "proxy") => (("", "", "NodeProxyOptions"), CONNECT),
        _ => (("", "", ""), READ_WRITE),
    }
}

const N: Scope = Scope::Namespaced;
const C: Scope = Scope::Cluster;

const fn row(
    gv: (&'static str, &'static str),
    plural: &'static str,
    kind: &'static str,
    scope: Scope,
    short_names: &'static str,
    categories: &'static str,
    subresources: &'static str,
) -> Row {
    Row { group: gv.0, version: gv.1, plural, kind, scope, short_names, categories, subresources }
}

const CORE: (&str, &str) = ("", "v1");
const ADMISSION: (&str, &str) = ("admissionregistration.k8s.io", "v1");
const APIEXTENSIONS: (&str, &str) = ("apiextensions.k8s.io", "v1");
const APIREGISTRATION: (&str, &str) = ("apiregistration.k8s.io", "v1");
const APPS: (&str, &str) = ("apps", "v1");
const AUTHENTICATION: (&str, &str) = ("authentication.k8s.io", "v1");
const AUTHORIZATION: (&str, &str) = ("authorization.k8s.io", "v1");
const BATCH: (&str, &str) = ("batch", "v1");
const FLOWCONTROL: (&str, &str) = ("flowcontrol.apiserver.k8s.io", "v1");
const NETWORKING: (&str, &str) = ("networking.k8s.io", "v1");
const RBAC: (&str, &str) = ("rbac.authorization.k8s.io", "v1");
const RESOURCE: (&str, &str) = ("resource.k8s.io", "v1");
const STORAGE: (&str, &str) = ("storage.k8s.io", "v1");

/// The groups in the order discovery lists them.
pub(crate) const GROUP_ORDER: [&str; 23] = [
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "storagemigration.k8s.io",
];

/// Every builtin resource; within a group the preferred version comes first.
pub(crate) const TABLE: &[Row] = &[
    row(CORE, "bindings", "Binding", N, "", "", ""),
    row(CORE, "componentstatuses", "ComponentStatus", C, "cs", "", ""),
    row(CORE, "configmaps", "ConfigMap", N, "cm", "", ""),
    row(CORE, "endpoints", "Endpoints", N, "ep", "", ""),
    row(CORE, "events", "Event", N, "ev", "", ""),
    row(CORE, "limitranges", "LimitRange", N, "limits", "", ""),
    row(CORE, "namespaces", "Namespace", C, "ns", "", "finalize status"),
    row(CORE, "nodes", "Node", C, "no", "", "proxy status"),
    row(CORE, "persistentvolumeclaims", "PersistentVolumeClaim", N, "pvc", "", "status"),
    row(CORE, "persistentvolumes", "PersistentVolume", C, "pv", "", "status"),
    row(
        CORE,
        "pods",
        "Pod",
        N,
        "po",
        "all",
        "attach binding ephemeralcontainers eviction exec log portforward proxy resize status",
    ),
    row(CORE, "podtemplates", "PodTemplate", N, "", "", ""),
    row(CORE, "replicationcontrollers", "ReplicationController", N, "rc", "all", "scale status"),
    row(CORE, "resourcequotas", "ResourceQuota", N, "quota", "", "status"),
    row(CORE, "secrets", "Secret", N, "", "", ""),
    row(CORE, "serviceaccounts", "ServiceAccount", N, "sa", "", "token"),
    row(CORE, "services", "Service", N, "svc", "all", "proxy status"),
    row(ADMISSION, "mutatingadmissionpolicies", "MutatingAdmissionPolicy", C, "", "api-extensions", ""),
    row(
        ADMISSION,
        "mutatingadmissionpolicybindings",
        "MutatingAdmissionPolicyBinding",
        C,
        "",
        "api-extensions",
        "",
    ),
    row(
        ADMISSION,
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        C,
        "",
        "api-extensions",
        "",
    ),
    row(
        ADMISSION,
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        C,
        "",
        "api-extensions",
        "status",
    ),
    row(
        ADMISSION,
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        C,
        "",
        "api-extensions",
        "",
    ),
    row(
        ADMISSION,
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        C,
        "",
        "api-extensions",
        "",
    ),
    row(
        APIEXTENSIONS,
        "customresourcedefinitions",
        "CustomResourceDefinition",
        C,
        "crd crds",
        "api-extensions",
        "status",
    ),
    row(APIREGISTRATION, "apiservices", "APIService", C, "", "api-extensions", "status"),
    row(APPS, "controllerrevisions", "ControllerRevision", N, "", "", ""),
    row(APPS, "daemonsets", "DaemonSet", N, "ds", "all", "status"),
    row(APPS, "deployments", "Deployment", N, "deploy", "all", "scale status"),
    row(APPS, "replicasets", "ReplicaSet", N, "rs", "all", "scale status"),
    row(APPS, "statefulsets", "StatefulSet", N, "sts", "all", "scale status"),
    row(AUTHENTICATION, "selfsubjectreviews", "SelfSubjectReview", C, "", "", ""),
    row(AUTHENTICATION, "tokenreviews", "TokenReview", C, "", "", ""),
    row(AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview", N, "", "", ""),
    row(AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview", C, "", "", ""),
    row(AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview", C, "", "", ""),
    row(AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview", C, "", "", ""),
    row(
        ("autoscaling", "v2"),
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        N,
        "hpa",
        "all",
        "status",
    ),
    row(
        ("autoscaling", "v1"),
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        N,
        "hpa",
        "all",
        "status",
    ),
    row(BATCH, "cronjobs", "CronJob", N, "cj", "all", "status"),
    row(BATCH, "jobs", "Job", N, "", "all", "status"),
    row(
        ("certificates.k8s.io", "v1"),
        "certificatesigningrequests",
        "CertificateSigningRequest",
        C,
        "csr",
        "",
        "approval status",
    ),
    row(("coordination.k8s.io", "v1"), "leases", "Lease", N, "", "", ""),
    row(("discovery.k8s.io", "v1"), "endpointslices", "EndpointSlice", N, "", "", ""),
    row(("events.k8s.io", "v1"), "events", "Event", N, "ev", "", ""),
    row(FLOWCONTROL, "flowschemas", "FlowSchema", C, "", "", "status"),
    row(FLOWCONTROL, "prioritylevelconfigurations", "PriorityLevelConfiguration", C, "", "", "status"),
    row(NETWORKING, "ingressclasses", "IngressClass", C, "", "", ""),
    row(NETWORKING, "ingresses", "Ingress", N, "ing", "", "status"),
    row(NETWORKING, "ipaddresses", "IPAddress", C, "ip", "", ""),
    row(NETWORKING, "networkpolicies", "NetworkPolicy", N, "netpol", "", ""),
    row(NETWORKING, "servicecidrs", "ServiceCIDR", C, "", "", "status"),
    row(("node.k8s.io", "v1"), "runtimeclasses", "RuntimeClass", C, "", "", ""),
    row(("policy", "v1"), "poddisruptionbudgets", "PodDisruptionBudget", N, "pdb", "", "status"),
    row(RBAC, "clusterrolebindings", "ClusterRoleBinding", C, "", "", ""),
    row(RBAC, "clusterroles", "ClusterRole", C, "", "", ""),
    row(RBAC, "rolebindings", "RoleBinding", N, "", "", ""),
    row(RBAC, "roles", "Role", N, "", "", ""),
    row(RESOURCE, "deviceclasses", "DeviceClass", C, "", "", ""),
    row(RESOURCE, "resourceclaims", "ResourceClaim", N, "", "", "status"),
    row(RESOURCE, "resourceclaimtemplates", "ResourceClaimTemplate", N, "", "", ""),
    row(RESOURCE, "resourceslices", "ResourceSlice", C, "", "", ""),
    row(("scheduling.k8s.io", "v1"), "priorityclasses", "PriorityClass", C, "pc", "", ""),
    row(STORAGE, "csidrivers", "CSIDriver", C, "", "", ""),
    row(STORAGE, "csinodes", "CSINode", C, "", "", ""),
    row(STORAGE, "csistoragecapacities", "CSIStorageCapacity", N, "", "", ""),
    row(STORAGE, "storageclasses", "StorageClass", C, "sc", "", ""),
    row(STORAGE, "volumeattachments", "VolumeAttachment", C, "", "", "status"),
    row(STORAGE, "volumeattributesclasses", "VolumeAttributesClass", C, "vac", "", ""),
];
