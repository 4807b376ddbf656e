//! From text to tree and back: lexer, parser with recovery, macros, unparser. Refuses names and types.
mod ast;
mod macros;

pub use ast::{Ast, Comprehension, Entry, Expr, ExprId, Field, Fold, Literal, Name, Span};
pub use macros::{Expansion, Macro, MacroError};

use crate::{Issue, Options};

pub(crate) fn parse(text: &str, _macros: &[Macro], _options: Options) -> (Ast, Vec<Issue>) {
    let exprs = vec![Expr::Hole];
    let spans = vec![Span::default()];
    (Ast { text: text.into(), exprs, spans, root: ExprId(0), macro_calls: Vec::new() }, Vec::new())
}
