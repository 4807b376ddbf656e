//! What command lines and editors ask about definitions. Texts in, answers out.
//!
//! | question | answer |
//! | --- | --- |
//! | which kinds can be used | [`Catalog`] |
//! | what is wrong with some definitions, what do they make | [`compile_all`] |
//! | what is wrong with a file, with some files, and where | [`File::findings`], [`findings`] |
//! | how is a file formatted | [`format()`](format::format) |
//! | what is under the cursor, what may stand there | [`hover()`](hover), [`complete()`](complete) |
//! | where is it declared and used, in all files; under another name | [`definition`], [`references`], [`rename`] |
//! | what is in the file | [`outline()`](outline) |
//!
//! Places are bytes of the text. Everything works on texts with mistakes, as far as they can be read.
//!
//! ```
//! use kro_ide::{Catalog, File, hover};
//!
//! let text = "\
//! apiVersion: kro.run/v1alpha1
//! kind: ResourceGraphDefinition
//! metadata: {name: page}
//! spec:
//!   schema:
//!     apiVersion: v1alpha1
//!     kind: Page
//!     spec: {title: string}
//!   resources:
//!     - id: page
//!       template:
//!         apiVersion: v1
//!         kind: ConfigMap
//!         metadata: {name: '${schema.metadata.name}'}
//!         data: {title: '${schema.spec.titel}'}
//! ";
//! let file = File::read("page.yaml", text.to_owned());
//! let found = file.findings(&Catalog::builtin());
//! assert_eq!(&text[found[0].bytes.clone()], "schema.spec.titel");
//! assert_eq!(found[0].fix.as_ref().map(|fix| (&text[fix.bytes.clone()], &*fix.text)), Some(("titel", "title")));
//!
//! let name = hover(&file, text.find("metadata.name").unwrap() + 9, &Catalog::builtin()).unwrap();
//! assert_eq!(name.markdown, "```cel\nschema.metadata.name: string\n```");
//! ```
//!
//! # Refuses
//! Files, protocols, colours: the caller reads, talks and draws. The language server itself is in `kro-cli`.

mod catalog;
mod complete;
mod definitions;
mod expressions;
mod file;
pub mod format;
mod hover;
mod navigate;
mod occurrences;
mod outline;
mod schemas;
mod symbols;

pub use catalog::Catalog;
pub use complete::{Completion, CompletionKind, complete};
pub use definitions::{Definition, compile_all, read};
pub use file::{File, Finding, findings, objects};
pub use hover::{Hover, hover};
pub use navigate::{Place, definition, references, rename, renameable};
pub use outline::{Symbol, SymbolKind, outline};
