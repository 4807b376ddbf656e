//! Where a walk through a value stands: a chain of steps on the stack, made a path only when there is something to tell.

use kro_object::{FieldPath, Segment};

/// The place of a value below the root of a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trail<'t> {
    Root,
    Field(&'t Self, &'t str),
    Index(&'t Self, usize),
}

impl Trail<'_> {
    pub(crate) fn path(&self) -> FieldPath {
        let mut path = FieldPath::root();
        self.append(&mut path);
        path
    }

    /// Whether this is a field of the root.
    pub(crate) fn is_top(&self) -> bool {
        matches!(self, Self::Field(Self::Root, _))
    }

    fn append(&self, path: &mut FieldPath) {
        match self {
            Self::Root => {}
            Self::Field(above, name) => {
                above.append(path);
                path.push(Segment::from(*name));
            }
            Self::Index(above, index) => {
                above.append(path);
                path.push(Segment::from(*index));
            }
        }
    }
}
