//! What expressions read of a node's objects, and objects reduced to that. Pure.

use crate::packed::Packed;
use kro_object::{FieldPath, Object, Segment};

/// What expressions read of a node's objects. By default everything: for objects whose definition is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Reads {
    Nothing,
    Paths(Vec<FieldPath>),
    #[default]
    All,
}

impl Reads {
    /// These paths.
    pub(crate) fn paths(paths: Vec<FieldPath>) -> Self {
        if paths.is_empty() { Self::Nothing } else { Self::Paths(paths) }
    }

    /// Whether what was kept under these reads does for `wanted` too.
    pub(crate) fn cover(&self, wanted: &Self) -> bool {
        *self == Self::All || *wanted == Self::Nothing || self == wanted
    }

    /// Reduces an object to what is read of it: identity, deletion and the paths.
    pub(crate) fn project(&self, child: &Object) -> Option<Packed> {
        let paths = match self {
            Self::Nothing => return None,
            Self::All => return Some(Packed::new(child)),
            Self::Paths(paths) => paths,
        };
        let mut reduced = serde_json::json!({
            "apiVersion": child.as_value_at("apiVersion"), "kind": child.as_value_at("kind"), "metadata": {},
        });
        for field in ["name", "namespace", "uid", "resourceVersion", "generation", "deletionTimestamp"] {
            if let Some(value) = child.metadata().get(field) {
                reduced["metadata"][field] = value.clone();
            }
        }
        for path in paths {
            // A list is kept whole: an index into a part of it would mean another element.
            let fields = path.segments().iter().take_while(|segment| matches!(segment, Segment::Field(_)));
            let path: FieldPath = fields.cloned().collect();
            if let Some(value) = child.get(&path) {
                let value = value.clone();
                let mut at = FieldPath::default();
                for segment in path.segments() {
                    at.push(segment.clone());
                    if at.walk(&reduced).is_none() && at != path {
                        // The parents were maps in the whole object.
                        let _ = at.set(&mut reduced, serde_json::json!({}));
                    }
                }
                if path.set(&mut reduced, value).is_err() {
                    return Some(Packed::new(child));
                }
            }
        }
        Object::from_value(reduced).ok().map(|object| Packed::new(&object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_kept_is_what_is_read() {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "y"}},
            "data": {"v": "1", "w": "2"}, "list": [{"a": 1, "b": 2}],
        });
        let object = Object::from_value(object).expect("an object");
        let reads =
            Reads::paths(vec!["data.v".parse().expect("a path"), "list[0].a".parse().expect("a path")]);
        let kept = reads.project(&object).expect("something is read").unpack().into_value();
        assert_eq!(kept["data"], json!({"v": "1"}));
        assert_eq!(kept["list"], json!([{"a": 1, "b": 2}]), "lists stay whole");
        assert_eq!(kept["metadata"], json!({"name": "a"}));

        assert_eq!(Reads::paths(Vec::new()).project(&object), None);
        assert!(Reads::All.cover(&reads) && reads.cover(&Reads::Nothing) && reads.cover(&reads.clone()));
        assert!(!reads.cover(&Reads::All) && !Reads::Nothing.cover(&reads));
    }
}
