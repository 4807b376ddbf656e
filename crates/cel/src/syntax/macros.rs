//! Macros: calls that the parser rewrites. The ones we have are in [`folds`] and [`special`]; libraries add theirs.
use crate::Mistake;

use super::{Ast, Comprehension, Entry, Expr, ExprId, Fold, Literal, Name, Span};

pub(crate) mod folds;
pub(crate) mod special;

/// A macro of a library.
#[derive(Debug, Clone, Copy)]
pub struct Macro {
    /// The name it is called by.
    pub function: &'static str,
    /// Whether it is called on a receiver.
    pub member: bool,
    /// Number of arguments; any number without one.
    pub arguments: Option<usize>,
    /// How it is written, for documentation.
    pub usage: &'static str,
    /// An expression that is true, shown in the reference and run as a test.
    pub example: &'static str,
    /// Rewrites the call; `Ok(None)` leaves it as it is.
    pub expand: fn(&mut Expansion<'_>) -> Result<Option<ExprId>, MacroError>,
}

/// Why a macro refuses its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroError {
    /// The expression to point at; the call itself without one.
    pub at: Option<ExprId>,
    /// What is wrong.
    pub mistake: Mistake,
}

impl MacroError {
    /// An error about one argument.
    pub fn new(at: ExprId, mistake: impl Into<Mistake>) -> Self {
        Self { at: Some(at), mistake: mistake.into() }
    }
}

/// A call that a macro looks at, and the tools to build what replaces it.
#[derive(Debug)]
pub struct Expansion<'p> {
    pub(crate) ast: &'p mut Ast,
    pub(crate) target: Option<ExprId>,
    pub(crate) args: Vec<ExprId>,
    pub(crate) span: Span,
}

impl Expansion<'_> {
    /// The receiver of a member macro.
    pub fn target(&self) -> Option<ExprId> {
        self.target
    }

    /// The arguments.
    pub fn args(&self) -> &[ExprId] {
        &self.args
    }

    /// The tree so far.
    pub fn ast(&self) -> &Ast {
        self.ast
    }

    /// The name when `id` is an identifier without a leading dot.
    pub fn simple_name(&self, id: ExprId) -> Option<Name> {
        match self.ast.expr(id) {
            Expr::Ident(name) if !name.starts_with('.') => Some(name.clone()),
            _ => None,
        }
    }

    /// Adds any expression at the place of the call.
    pub fn add(&mut self, expr: Expr) -> ExprId {
        self.ast.push(expr, self.span)
    }

    /// A constant.
    pub fn literal(&mut self, literal: Literal) -> ExprId {
        self.add(Expr::Literal(literal))
    }

    /// An identifier.
    pub fn ident(&mut self, name: impl Into<Name>) -> ExprId {
        self.add(Expr::Ident(name.into()))
    }

    /// A call without receiver.
    pub fn call(&mut self, function: impl Into<Name>, args: Vec<ExprId>) -> ExprId {
        self.add(Expr::Call { function: function.into(), target: None, args })
    }

    /// A call on a receiver.
    pub fn member_call(&mut self, function: impl Into<Name>, target: ExprId, args: Vec<ExprId>) -> ExprId {
        self.add(Expr::Call { function: function.into(), target: Some(target), args })
    }

    /// A list.
    pub fn list(&mut self, items: Vec<ExprId>) -> ExprId {
        self.add(Expr::List { items, optional: Vec::new() })
    }

    /// A map.
    pub fn map(&mut self, entries: Vec<Entry>) -> ExprId {
        self.add(Expr::Map { entries })
    }

    /// A comprehension.
    pub fn fold(&mut self, comprehension: Comprehension) -> ExprId {
        self.add(Expr::Comprehension(Box::new(comprehension)))
    }

    /// `cel.bind(name, init, body)`: `body` with `name` standing for `init`.
    pub fn bind(&mut self, name: Name, init: ExprId, body: ExprId) -> ExprId {
        let range = self.list(Vec::new());
        let condition = self.literal(Literal::Bool(false));
        let step = self.ident(name.clone());
        self.fold(Comprehension {
            range,
            variable: "#unused".into(),
            variable2: None,
            accumulator: name,
            init,
            condition,
            step,
            result: body,
            fold: Fold::Bind { body },
        })
    }

    /// A copy of a tree, for macros that need an argument twice.
    pub fn copy(&mut self, id: ExprId) -> ExprId {
        self.ast.copy(id)
    }
}
