//! The four kinds of patches, each a function from the present object to the wanted one.

pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod strategic;
