//! From text to tree and back: lexer, parser with recovery, macros, unparser. Refuses names and types.
mod ast;
mod close;
mod lexer;
mod literal;
pub(crate) mod macros;
mod parser;
mod unparse;

pub(crate) use close::closed;
pub(crate) use parser::parse;

pub use ast::{Ast, Comprehension, Entry, Expr, ExprId, Field, Fold, Literal, Name, Span};
pub use macros::{Expansion, Macro, MacroError};
