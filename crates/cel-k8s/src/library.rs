//! Kubernetes' function libraries. Each function is one row of its library: signature, code, cost, example.
//! Which versions of which libraries a host sees is the business of [`crate::environment`].

mod cidr;
mod format;
mod ip;
mod jsonpatch;
mod lists;
mod native;
mod quantity;
mod regex;
mod semver;
mod sets;
mod url;

pub use cidr::Cidrs;
pub use format::Formats;
pub use ip::Ips;
pub use jsonpatch::JsonPatch;
pub use lists::Lists;
pub(crate) use lists::TRAVERSAL;
pub use native::{Native, Own};
pub use quantity::Quantities;
pub use regex::Regexes;
pub use semver::Semvers;
pub use sets::Sets;
pub use url::Urls;

#[cfg(test)]
mod tests;
