//! Names with the fields that are selected from them, as an expression spells them.

use crate::{Graph, Node};
use kro_cel::{Ast, Expr, ExprId, Literal, Step};
use kro_object::Segment;
use kro_schema::Schema;
use std::{fmt, ops::Range, sync::Arc};

/// A name and constant steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) steps: Vec<Segment>,
    /// How many steps stand in front of the first optional one, `.?` or `[?…]`; all of them when there is none.
    pub(super) plain: usize,
    /// Whether the whole is only asked for: `has(…)`.
    pub(super) is_test: bool,
    pub(super) span: Range<u32>,
}

impl Chain {
    /// The steps up to what it asks for: all of `has(…)`, or the first optional one. `None` when it takes everything
    /// to be there.
    pub(super) fn asked(&self) -> Option<&[Segment]> {
        if self.is_test { Some(&self.steps) } else { self.steps.get(..=self.plain) }
    }
}

/// As it is written: `schema.spec.name`.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for step in &self.steps {
            match step {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// The chain at an expression.
pub(super) fn at(ast: &Ast, id: ExprId) -> Option<Chain> {
    let span = ast.span(id).start..ast.span(id).end;
    let (operand, step, is_optional, is_test) = match ast.expr(id) {
        Expr::Ident(name) => {
            return Some(Chain { name: name.to_string(), steps: Vec::new(), plain: 0, is_test: false, span });
        }
        Expr::Select { operand, field, test } => (*operand, Segment::Field((**field).into()), false, *test),
        Expr::Call { function, target: None, args } if args.len() == 2 => {
            let is_optional = match &**function {
                "_[_]" => false,
                "_[?_]" | "_?._" => true,
                _ => return None,
            };
            let step = match ast.expr(args[1]) {
                Expr::Literal(Literal::String(name)) => Segment::Field((**name).into()),
                Expr::Literal(Literal::Int(index)) => Segment::Index(usize::try_from(*index).ok()?),
                _ => return None,
            };
            (args[0], step, is_optional, false)
        }
        _ => return None,
    };
    let mut chain = at(ast, operand).filter(|chain| !chain.is_test)?;
    let was_plain = chain.plain == chain.steps.len();
    chain.steps.push(step);
    if was_plain && !is_optional {
        chain.plain += 1;
    }
    Some(Chain { is_test, span, ..chain })
}

/// Every chain of a tree that is no part of a longer one. What `has()` asks for comes with what it asks in.
pub(super) fn all(ast: &Ast) -> Vec<Chain> {
    let mut found = Vec::new();
    let mut stack = vec![ast.root()];
    while let Some(id) = stack.pop() {
        match at(ast, id) {
            Some(chain) => {
                if chain.is_test {
                    stack.extend(ast.children(id));
                }
                found.push(chain);
            }
            None => stack.extend(ast.children(id)),
        }
    }
    found.sort_by_key(|chain| chain.span.start);
    found
}

/// The arguments of a call of a global function or an operator.
pub(super) fn call<const N: usize>(ast: &Ast, id: ExprId, name: &str) -> Option<[ExprId; N]> {
    match ast.expr(id) {
        Expr::Call { function, target: None, args } if **function == *name => args.as_slice().try_into().ok(),
        _ => None,
    }
}

/// Comparisons of a chain with a text: the chain, where the text stands, the text, and whether they are to be equal.
pub(super) fn comparisons(ast: &Ast) -> Vec<(Chain, Range<u32>, String, bool)> {
    let mut found = Vec::new();
    let mut stack = vec![ast.root()];
    while let Some(id) = stack.pop() {
        if let Expr::Call { function, target: None, args } = ast.expr(id)
            && let ("_==_" | "_!=_", [one, other]) = (&**function, args.as_slice())
        {
            for (side, text) in [(*one, *other), (*other, *one)] {
                if let (Some(chain), Expr::Literal(Literal::String(value))) = (at(ast, side), ast.expr(text))
                    && chain.plain == chain.steps.len()
                {
                    let span = ast.span(text).start..ast.span(text).end;
                    found.push((chain, span, value.to_string(), &**function == "_==_"));
                }
            }
        }
        stack.extend(ast.children(id));
    }
    found
}

/// The schema of what a chain leads to; `each` is one of the node's own objects.
pub(super) fn schema<'g>(graph: &'g Graph, own: Option<&'g Node>, chain: &Chain) -> Option<&'g Arc<Schema>> {
    let mut steps = chain.steps.as_slice();
    let mut schema = match chain.name.as_str() {
        "schema" => &graph.instance.view,
        "each" => &own?.schema,
        name => {
            let node = graph.nodes.get(name)?;
            if node.is_list() {
                steps = match steps.split_first()? {
                    (Segment::Index(_), rest) => rest,
                    _ => return None,
                };
            }
            &node.schema
        }
    };
    for step in steps {
        schema = match step {
            Segment::Field(name) => schema.field(name)?,
            Segment::Index(_) => schema.items()?,
        };
    }
    Some(schema)
}

/// The steps of a reference.
pub(super) fn segments(path: &[Step]) -> Vec<Segment> {
    let segment = |step: &Step| match step {
        Step::Field(name) => Segment::Field(name.as_str().into()),
        Step::Index(index) => Segment::Index(usize::try_from(*index).unwrap_or_default()),
    };
    path.iter().map(segment).collect()
}
