//! Made by `cargo xtask codegen k8s`; do not edit.

use crate::documents::Source;

/// The version of Kubernetes the data was recorded from.
pub const VERSION: &str = "v1.36.3";

pub(crate) const SOURCES: &[Source] = &[
    Source {
        path: "api/v1",
        components: include_str!("../data/api__v1.components.json"),
        paths: include_str!("../data/api__v1.paths.json"),
    },
    Source {
        path: "apis/admissionregistration.k8s.io/v1",
        components: include_str!("../data/apis__admissionregistration.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__admissionregistration.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/apiextensions.k8s.io/v1",
        components: include_str!("../data/apis__apiextensions.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__apiextensions.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/apiregistration.k8s.io/v1",
        components: include_str!("../data/apis__apiregistration.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__apiregistration.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/apps/v1",
        components: include_str!("../data/apis__apps__v1.components.json"),
        paths: include_str!("../data/apis__apps__v1.paths.json"),
    },
    Source {
        path: "apis/authentication.k8s.io/v1",
        components: include_str!("../data/apis__authentication.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__authentication.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/authorization.k8s.io/v1",
        components: include_str!("../data/apis__authorization.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__authorization.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/autoscaling/v1",
        components: include_str!("../data/apis__autoscaling__v1.components.json"),
        paths: include_str!("../data/apis__autoscaling__v1.paths.json"),
    },
    Source {
        path: "apis/autoscaling/v2",
        components: include_str!("../data/apis__autoscaling__v2.components.json"),
        paths: include_str!("../data/apis__autoscaling__v2.paths.json"),
    },
    Source {
        path: "apis/batch/v1",
        components: include_str!("../data/apis__batch__v1.components.json"),
        paths: include_str!("../data/apis__batch__v1.paths.json"),
    },
    Source {
        path: "apis/certificates.k8s.io/v1",
        components: include_str!("../data/apis__certificates.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__certificates.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/coordination.k8s.io/v1",
        components: include_str!("../data/apis__coordination.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__coordination.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/discovery.k8s.io/v1",
        components: include_str!("../data/apis__discovery.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__discovery.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/events.k8s.io/v1",
        components: include_str!("../data/apis__events.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__events.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/flowcontrol.apiserver.k8s.io/v1",
        components: include_str!("../data/apis__flowcontrol.apiserver.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__flowcontrol.apiserver.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/networking.k8s.io/v1",
        components: include_str!("../data/apis__networking.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__networking.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/node.k8s.io/v1",
        components: include_str!("../data/apis__node.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__node.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/policy/v1",
        components: include_str!("../data/apis__policy__v1.components.json"),
        paths: include_str!("../data/apis__policy__v1.paths.json"),
    },
    Source {
        path: "apis/rbac.authorization.k8s.io/v1",
        components: include_str!("../data/apis__rbac.authorization.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__rbac.authorization.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/resource.k8s.io/v1",
        components: include_str!("../data/apis__resource.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__resource.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/scheduling.k8s.io/v1",
        components: include_str!("../data/apis__scheduling.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__scheduling.k8s.io__v1.paths.json"),
    },
    Source {
        path: "apis/storage.k8s.io/v1",
        components: include_str!("../data/apis__storage.k8s.io__v1.components.json"),
        paths: include_str!("../data/apis__storage.k8s.io__v1.paths.json"),
    },
];
