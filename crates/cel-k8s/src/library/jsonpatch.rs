//! `jsonpatch.escapeKey`: a key as a segment of a JSON pointer (RFC 6901).

use kro_cel::{Cost, Functions, Library, Overload, library::arguments::text};

use super::native::shared;

/// The `kubernetes.jsonpatch` library of mutating admission policies.
#[derive(Debug, Clone, Copy)]
pub struct JsonPatch;

impl Library for JsonPatch {
    fn name(&self) -> &'static str {
        "kubernetes.jsonpatch"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new(
                "string_jsonpatch_escapeKey_string",
                "jsonpatch.escapeKey(string) -> string",
                |call, args| shared(call, &text(args, 0)?.replace('~', "~0").replace('/', "~1")),
            )
            .profile_cost(Cost::Traverse)
            .example("jsonpatch.escapeKey('k8s.io/my~label') == 'k8s.io~1my~0label'"),
        );
    }
}
