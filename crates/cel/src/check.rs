//! The type checker: from names to declarations, from calls to overloads, a type for every expression.
//! The rules are cel-go's, and so are the texts. Refuses to stop at the first finding.
use crate::{Ast, Env, ExprId, Issue, Stage, Type};
use std::sync::Arc;

mod expr;
mod names;
mod overload;
mod unify;

pub(crate) use names::{candidates, suggest};

/// A checked tree with its findings.
#[derive(Debug, Clone)]
pub struct Checked {
    pub(crate) ast: Ast,
    /// By expression; empty when unchecked.
    types: Vec<Type>,
    references: Vec<Option<Reference>>,
    issues: Vec<Issue>,
}

/// What a name or call stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// A variable by its qualified name, or a local of a macro.
    Variable(Arc<str>),
    /// A type by the name it was found under.
    Type(Arc<str>, Type),
    /// A function by its qualified name, and the ids of the overloads that may take the arguments, in the order of
    /// declaration.
    Function(Arc<str>, Vec<Arc<str>>),
}

impl Checked {
    /// A tree that was not checked.
    pub fn unchecked(ast: Ast) -> Self {
        Self { ast, types: Vec::new(), references: Vec::new(), issues: Vec::new() }
    }

    /// Whether the tree was checked at all.
    pub fn is_checked(&self) -> bool {
        !self.types.is_empty()
    }

    /// The tree.
    pub fn ast(&self) -> &Ast {
        &self.ast
    }

    /// What was found, in the order of the text.
    pub fn issues(&self) -> &[Issue] {
        &self.issues
    }

    /// What was found, in the order of the text.
    pub fn into_issues(self) -> Vec<Issue> {
        self.issues
    }

    /// The type of an expression.
    pub fn ty(&self, id: ExprId) -> &Type {
        self.types.get(id.index()).unwrap_or(&Type::Dyn)
    }

    /// The type of the whole expression.
    pub fn result_type(&self) -> &Type {
        self.ty(self.ast.root())
    }

    /// What a name or call stands for.
    pub fn reference(&self, id: ExprId) -> Option<&Reference> {
        self.references.get(id.index())?.as_ref()
    }
}

/// Whether a value of type `from` may be passed for a declared parameter of type `to`.
pub(crate) fn assignable(to: &Type, from: &Type) -> bool {
    unify::Substitution::new().assign(from, to)
}

/// Checks `ast` against the declarations of `env`.
pub(crate) fn check(env: &Env, ast: Ast) -> Checked {
    let mut checker = expr::Checker::new(env, &ast);
    checker.check(ast.root());
    let (types, references, mut issues) = checker.finish();
    issues.sort_by_key(|issue| issue.at);
    let mut checked = Checked { ast, types, references, issues };
    if checked.issues.is_empty() {
        checked.issues = validate(env, &checked);
    }
    checked
}

/// What the libraries have to say about calls that are well typed.
fn validate(env: &Env, checked: &Checked) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (index, reference) in checked.references.iter().enumerate() {
        let Some(Reference::Function(name, ids)) = reference else { continue };
        let Some(overloads) = env.declarations.functions.get(&**name) else { continue };
        for overload in overloads.iter().filter(|overload| ids.contains(&overload.id)) {
            let Some(hook) = overload.validate else { continue };
            let call = ExprId(index as u32);
            for (at, message) in hook(checked, call, &checked.ast.children(call)) {
                let span = checked.ast.span(at);
                issues.push(Issue::new(Stage::Check, span.start..span.end, span.at, message));
            }
        }
    }
    issues.sort_by_key(|issue| issue.at);
    issues
}
