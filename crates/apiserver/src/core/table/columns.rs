//! The headers of builtin kinds' tables. The texts are those of the Kubernetes API reference (Apache-2.0).

use super::Header;

/// Of the column every table begins with.
pub(super) const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
/// Of the column that tells the age.
pub(super) const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

const fn header(name: &'static str, description: &'static str) -> Header {
    Header { name, kind: "string", priority: 0, description }
}

/// A column that only `-o wide` shows.
const fn wide(name: &'static str, description: &'static str) -> Header {
    Header { name, kind: "string", priority: 1, description }
}

const fn integer(name: &'static str, description: &'static str) -> Header {
    Header { name, kind: "integer", priority: 0, description }
}

const NAME_COLUMN: Header = header("Name", NAME);
const AGE: Header = header("Age", CREATED);

pub(super) const CONFIGMAPS: &[Header] = &[
    NAME_COLUMN,
    header(
        "Data",
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    ),
    AGE,
];
pub(super) const SECRETS: &[Header] = &[
    NAME_COLUMN,
    header(
        "Type",
        "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
    ),
    header(
        "Data",
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    ),
    AGE,
];
pub(super) const SCALES: &[Header] = &[
    NAME_COLUMN,
    integer("Desired", "replicas is the desired number of instances for the scaled object."),
    integer("Available", "replicas is the actual number of observed instances of the scaled object."),
    AGE,
];

pub(super) const SERVICEACCOUNTS: &[Header] = &[NAME_COLUMN, AGE];
pub(super) const DEPLOYMENTS: &[Header] = &[
    NAME_COLUMN,
    header("Ready", "Number of the pod with ready state"),
    header(
        "Up-to-date",
        "Total number of non-terminating pods targeted by this deployment that have the desired template spec.",
    ),
    header(
        "Available",
        "Total number of available non-terminating pods (ready for at least minReadySeconds) targeted by this deployment.",
    ),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
    wide(
        "Selector",
        "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
    ),
];
pub(super) const SERVICES: &[Header] = &[
    NAME_COLUMN,
    header(
        "Type",
        "type determines how the Service is exposed. Defaults to ClusterIP. Valid options are ExternalName, ClusterIP, NodePort, and LoadBalancer. \"ClusterIP\" allocates a cluster-internal IP address for load-balancing to endpoints. Endpoints are determined by the selector or if that is not specified, by manual construction of an Endpoints object or EndpointSlice objects. If clusterIP is \"None\", no virtual IP is allocated and the endpoints are published as a set of endpoints rather than a virtual IP. \"NodePort\" builds on ClusterIP and allocates a port on every node which routes to the same endpoints as the clusterIP. \"LoadBalancer\" builds on NodePort and creates an external load-balancer (if supported in the current cloud) which routes to the same endpoints as the clusterIP. \"ExternalName\" aliases this service to the specified externalName. Several other fields do not apply to ExternalName services. More info: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    ),
    header(
        "Cluster-IP",
        "clusterIP is the IP address of the service and is usually assigned randomly. If an address is specified manually, is in-range (as per system configuration), and is not in use, it will be allocated to the service; otherwise creation of the service will fail. This field may not be changed through updates unless the type field is also being changed to ExternalName (which requires this field to be blank) or the type field is being changed from ExternalName (in which case this field may optionally be specified, as describe above).  Valid values are \"None\", empty string (\"\"), or a valid IP address. Setting this to \"None\" makes a \"headless service\" (no virtual IP), which is useful when direct endpoint connections are preferred and proxying is not required.  Only applies to types ClusterIP, NodePort, and LoadBalancer. If this field is specified when creating a Service of type ExternalName, creation will fail. This field will be wiped when updating a Service to type ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
    ),
    header(
        "External-IP",
        "externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.  These IPs are not managed by Kubernetes.  The user is responsible for ensuring that traffic arrives at a node with this IP.  A common example is external load-balancers that are not part of the Kubernetes system.",
    ),
    header(
        "Port(s)",
        "The list of ports that are exposed by this service. More info: https://kubernetes.io/docs/concepts/services-networking/service/#virtual-ips-and-service-proxies",
    ),
    AGE,
    wide(
        "Selector",
        "Route service traffic to pods with label keys and values matching this selector. If empty or not present, the service is assumed to have an external process managing its endpoints, which Kubernetes will not modify. Only applies to types ClusterIP, NodePort, and LoadBalancer. Ignored if type is ExternalName. More info: https://kubernetes.io/docs/concepts/services-networking/service/",
    ),
];
pub(super) const RESOURCEQUOTAS: &[Header] = &[
    NAME_COLUMN,
    header("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
    header(
        "Limit",
        "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.",
    ),
    AGE,
];
pub(super) const PODS: &[Header] = &[
    NAME_COLUMN,
    header("Ready", "The aggregate readiness state of this pod for accepting traffic."),
    header("Status", "The aggregate status of the containers in this pod."),
    header(
        "Restarts",
        "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.",
    ),
    AGE,
    wide(
        "IP",
        "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.",
    ),
    wide(
        "Node",
        "NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this node becomes responsible for the lifecycle of this pod. This field should not be used to express a desire for the pod to be scheduled on a specific node. https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename",
    ),
    wide(
        "Nominated Node",
        "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods. This field does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on this node to a higher priority pod that is created after preemption. As a result, this field may be different than PodSpec.nodeName when the pod is scheduled.",
    ),
    wide(
        "Readiness Gates",
        "If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its containers are ready AND all conditions specified in the readiness gates have status equal to \"True\" More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates",
    ),
];
pub(super) const JOBS: &[Header] = &[
    NAME_COLUMN,
    header("Status", "Status of the job."),
    header(
        "Completions",
        "The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.",
    ),
    header("Duration", "Time required to complete the job."),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
    wide(
        "Selector",
        "A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
];
pub(super) const PERSISTENTVOLUMECLAIMS: &[Header] = &[
    NAME_COLUMN,
    header("Status", "phase represents the current phase of PersistentVolumeClaim."),
    header("Volume", "volumeName is the binding reference to the PersistentVolume backing this claim."),
    header("Capacity", "capacity represents the actual resources of the underlying volume."),
    header(
        "Access Modes",
        "accessModes contains the actual access modes the volume backing the PVC has. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#access-modes-1",
    ),
    header("StorageClass", "StorageClass of the pvc"),
    header("VolumeAttributesClass", "VolumeAttributesClass of the pvc"),
    AGE,
    wide(
        "VolumeMode",
        "volumeMode defines what type of volume is required by the claim. Value of Filesystem is implied when not included in claim spec.",
    ),
];
pub(super) const INGRESSES: &[Header] = &[
    NAME_COLUMN,
    header("Class", "The name of the IngressClass resource that should be used for additional configuration"),
    header("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
    header("Address", "Address is a list containing ingress points for the load-balancer"),
    header("Ports", "Ports of TLS configurations that open"),
    AGE,
];
pub(super) const REPLICASETS: &[Header] = &[
    NAME_COLUMN,
    integer(
        "Desired",
        "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    integer(
        "Current",
        "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    integer(
        "Ready",
        "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    ),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
    wide(
        "Selector",
        "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
];
pub(super) const STATEFULSETS: &[Header] = &[
    NAME_COLUMN,
    header("Ready", "Number of the pod with ready state"),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
];
pub(super) const EVENTS: &[Header] = &[
    header("Last Seen", "The time at which the most recent occurrence of this event was recorded."),
    header("Type", "Type of this event (Normal, Warning), new types could be added in the future"),
    header(
        "Reason",
        "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    ),
    header("Object", "The object that this event is about."),
    wide(
        "Subobject",
        "If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \"name\" refers to the name of the container that triggered the event) or if no container name is specified \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.",
    ),
    wide("Source", "The component reporting this event. Should be a short machine understandable string."),
    header("Message", "A human-readable description of the status of this operation."),
    wide(
        "First Seen",
        "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)",
    ),
    wide("Count", "The number of times this event has occurred."),
    wide("Name", NAME),
];
pub(super) const NAMESPACES: &[Header] = &[NAME_COLUMN, header("Status", "The status of the namespace"), AGE];
pub(super) const DAEMONSETS: &[Header] = &[
    NAME_COLUMN,
    integer("Desired", "The total number of nodes that should be running the daemon pod."),
    integer("Current", "The number of nodes that are running at least one daemon pod and are supposed to."),
    integer("Ready", "Number of nodes with a ready daemon pod."),
    integer("Up-to-date", "The total number of nodes that are running updated daemon pod."),
    integer("Available", "The number of nodes with an available daemon pod."),
    header("Node Selector", "Nodes on which the pods may run."),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
    wide("Selector", "A label query over the managed pods."),
];
pub(super) const CRONJOBS: &[Header] = &[
    NAME_COLUMN,
    header("Schedule", "The schedule in Cron format."),
    header("Timezone", "The time zone name for the schedule."),
    header("Suspend", "Whether later executions are suspended."),
    integer("Active", "The number of currently running jobs."),
    header("Last Schedule", "When a job was last successfully scheduled."),
    AGE,
    wide("Containers", "Names of each container in the template."),
    wide("Images", "Images referenced by each container in the template."),
    wide("Selector", "A label query over the pods."),
];
pub(super) const HORIZONTALPODAUTOSCALERS: &[Header] = &[
    NAME_COLUMN,
    header("Reference", "The resource to scale."),
    header("Targets", "What the metrics should be."),
    header("MinPods", "The lower limit of replicas."),
    header("MaxPods", "The upper limit of replicas."),
    header("Replicas", "The current number of replicas."),
    AGE,
];
pub(super) const NODES: &[Header] = &[
    NAME_COLUMN,
    header("Status", "The status of the node."),
    header("Roles", "The roles of the node."),
    AGE,
    header("Version", "Kubelet version reported by the node."),
];
pub(super) const PERSISTENTVOLUMES: &[Header] = &[
    NAME_COLUMN,
    header("Capacity", "The resources of the volume."),
    header("Access Modes", "All ways the volume can be mounted."),
    header("Reclaim Policy", "What happens to the volume when released from its claim."),
    header("Status", "The phase of the volume."),
    header("Claim", "The claim bound to the volume."),
    header("StorageClass", "The class of the volume."),
    AGE,
];
/// Of kinds that have no table of their own.
pub(super) const OTHERS: &[Header] =
    &[NAME_COLUMN, Header { name: "Created At", kind: "date", priority: 0, description: CREATED }];
