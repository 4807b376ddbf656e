//! Where a volume of a pod comes from: one source, and what that one needs.

use super::{FieldError, Value, text};

/// The fields of a volume that are sources, in the order kube-apiserver looks at them, each with what it cannot do without.
const SOURCES: &[(&str, &[&str])] = &[
    ("emptyDir", &[]),
    ("hostPath", &["path"]),
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("secret", &["secretName"]),
    ("nfs", &["server", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("persistentVolumeClaim", &["claimName"]),
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
    ("flocker", &[]),
    ("downwardAPI", &[]),
    ("fc", &[]),
    ("configMap", &["name"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("storageos", &[]),
    ("projected", &[]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", &["driver"]),
    ("ephemeral", &["volumeClaimTemplate"]),
    ("image", &[]),
];

/// Problems of the source of a volume at a path.
pub(super) fn source(volume: &Value, path: &str, out: &mut Vec<FieldError>) {
    let mut is_taken = false;
    for (name, needed) in SOURCES {
        let Some(source) = volume.get(name) else { continue };
        if is_taken {
            let why = "may not specify more than 1 volume type";
            out.push(FieldError::forbidden(format!("{path}.{name}"), why));
            continue;
        }
        is_taken = true;
        for field in *needed {
            let is_there = source.get(field).is_some_and(|value| !value.is_string());
            if !is_there && text(source, &format!("/{field}")).is_empty() {
                out.push(FieldError::required(format!("{path}.{name}.{field}"), ""));
            }
        }
    }
    if !is_taken {
        out.push(FieldError::required(path, "must specify a volume type"));
    }
}
