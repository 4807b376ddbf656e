//! Free names of an expression, before types: what a host's dependency graph is made of. Loop variables hide names
//! in the body of their macro, not in the list it iterates over.
use crate::{Ast, Env, Expr, ExprId, Literal};
use std::ops::Range;

/// What an expression refers to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct References {
    /// Every use of a free name, in the order of the text.
    pub names: Vec<NameUse>,
    /// Every function and operator that is called, in the order of the text.
    pub functions: Vec<FunctionUse>,
}

/// One use of a free name with the fields selected from it.
#[derive(Debug, Clone, PartialEq)]
pub struct NameUse {
    /// The name, with the leading dot of one that skips the container.
    pub name: String,
    /// Fields and constant indices that follow, as far as they are constant.
    pub path: Vec<Step>,
    /// Where each step of the path stands: the name of a field without its dot, an index or a key between its
    /// brackets.
    pub path_spans: Vec<Range<u32>>,
    /// The name in the text.
    pub name_span: Range<u32>,
    /// The name and its path in the text.
    pub span: Range<u32>,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// `.name`, `.?name` or `["name"]`.
    Field(String),
    /// `[3]`.
    Index(i64),
}

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionUse {
    /// The name; dotted when it is a namespaced function of the environment.
    pub name: String,
    /// Whether it is called on a receiver.
    pub member: bool,
    /// The call in the text.
    pub span: Range<u32>,
}

impl Env {
    /// The free names and functions of an expression. The environment tells namespaced functions such as
    /// `json.marshal` from members of a variable; its variables do not matter.
    pub fn references(&self, ast: &Ast) -> References {
        let mut visitor = Visitor { env: self, ast, scope: Vec::new(), found: References::default() };
        visitor.visit(ast.root());
        visitor.found.names.sort_by_key(|name| name.span.start);
        visitor.found.functions.sort_by_key(|function| function.span.start);
        visitor.found
    }
}

struct Visitor<'v> {
    env: &'v Env,
    ast: &'v Ast,
    scope: Vec<&'v str>,
    found: References,
}

impl Visitor<'_> {
    fn visit(&mut self, id: ExprId) {
        if let Some(name) = self.chain(id) {
            if !name.name.starts_with('@') && !self.scope.contains(&name.name.as_str()) {
                self.found.names.push(name);
            }
            // Computed parts inside a chain cannot exist: a chain is constant throughout.
            return;
        }
        match self.ast.expr(id) {
            Expr::Call { function, target, args } => {
                let namespaced = target.and_then(|target| {
                    let name = format!("{}.{function}", self.ast.qualified_name(target)?);
                    self.env.has_function(name.trim_start_matches('.')).then_some(name)
                });
                let span = self.ast.span(id);
                self.found.functions.push(FunctionUse {
                    member: target.is_some() && namespaced.is_none(),
                    name: namespaced.clone().unwrap_or_else(|| function.to_string()),
                    span: span.start..span.end,
                });
                if let (Some(target), None) = (target, namespaced) {
                    self.visit(*target);
                }
                for arg in args {
                    self.visit(*arg);
                }
            }
            Expr::Comprehension(fold) => {
                self.visit(fold.range);
                self.visit(fold.init);
                let outer = self.scope.len();
                self.scope.push(&fold.accumulator);
                self.visit(fold.result);
                self.scope.push(&fold.variable);
                self.scope.extend(fold.variable2.as_deref());
                self.visit(fold.condition);
                self.visit(fold.step);
                self.scope.truncate(outer);
            }
            _ => {
                for child in self.ast.children(id) {
                    self.visit(child);
                }
            }
        }
    }

    /// A name followed by constant fields and indices only.
    fn chain(&self, id: ExprId) -> Option<NameUse> {
        let span = self.ast.span(id);
        let (operand, step, step_span) = match self.ast.expr(id) {
            Expr::Ident(name) => {
                return Some(NameUse {
                    name: name.to_string(),
                    path: Vec::new(),
                    path_spans: Vec::new(),
                    name_span: span.start..span.end,
                    span: span.start..span.end,
                });
            }
            Expr::Select { operand, field, test } => {
                // `has(a.b)` ends with a parenthesis.
                let end = span.end - u32::from(*test);
                (*operand, Step::Field(field.to_string()), end.saturating_sub(field.len() as u32)..end)
            }
            Expr::Call { function, target: None, args }
                if matches!(&**function, "_[_]" | "_[?_]" | "_?._") && args.len() == 2 =>
            {
                let Expr::Literal(literal) = self.ast.expr(args[1]) else { return None };
                let step = match literal {
                    Literal::String(field) => Step::Field(field.to_string()),
                    Literal::Int(index) => Step::Index(*index),
                    _ => return None,
                };
                let span = self.ast.span(args[1]);
                (args[0], step, span.start..span.end)
            }
            _ => return None,
        };
        let mut name = self.chain(operand)?;
        name.path.push(step);
        name.path_spans.push(step_span);
        name.span.end = span.end;
        Some(name)
    }
}
