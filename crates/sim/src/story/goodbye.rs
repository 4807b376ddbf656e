//! The end of every story: everything goes, and nothing may be left.

use super::{
    WidgetForm,
    operation::{Operation, is_member},
};
use crate::oracle::shown;
use kro_api::names::labels;
use kro_object::Object;
use std::collections::BTreeMap;

/// What people do at the end, in three parts; after each everything calms down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goodbye {
    /// What rests is woken, what lost its definition or its kind gets it back.
    pub back: Vec<Operation>,
    /// All instances are deleted.
    pub delete: Vec<Operation>,
    /// All definitions are deleted.
    pub undefine: Vec<Operation>,
}

impl Goodbye {
    /// After these operations.
    pub fn to(operations: &[Operation]) -> Self {
        let mut designs = BTreeMap::new();
        for operation in operations {
            if let Operation::Define(which, design) = operation {
                designs.insert(*which % 2, design.clone());
            }
        }
        let mut back = vec![Operation::Install(WidgetForm::Plain)];
        for (which, design) in &designs {
            back.push(Operation::Define(*which, design.clone()));
            back.extend((0..2).map(|name| Operation::Suspend(*which, name, false)));
        }
        let delete = designs.keys().flat_map(|which| (0..2).map(|name| Operation::Delete(*which, name)));
        let undefine = designs.keys().map(|which| Operation::Undefine(*which));
        Self { back, delete: delete.collect(), undefine: undefine.collect() }
    }
}

/// What of these objects should not be there after all that.
pub fn left_over<'o>(
    objects: impl IntoIterator<Item = &'o Object>,
    may_be_retained: impl Fn(&Object) -> bool,
) -> Vec<String> {
    let ours = objects.into_iter().filter(|object| object.metadata().label(labels::OWNED) == Some("true"));
    let left = ours.filter(|object| !is_crd(object) && !is_forged(object) && !may_be_retained(object));
    left.map(|object| format!("left over: {}", shown(object))).collect()
}

fn is_crd(object: &Object) -> bool {
    object.gvk().is_ok_and(|gvk| &*gvk.kind == "CustomResourceDefinition")
}

/// Whether somebody else made it with the labels of a child.
fn is_forged(object: &Object) -> bool {
    object.metadata().label(labels::APPLYSET_PART_OF).is_some() && !is_member(object)
}
