//! Conditions of loops that look at members of the item and at nothing else: a JSON list answers them without a value
//! for each item.
use super::{By, FoldKind, Node, NodeId, Operator, Path, PathKind, Root, Slot, Step};
use crate::{Hint, Value};
use std::sync::Arc;

/// So many members a condition may look at.
pub(crate) const MOST_MEMBERS: usize = 4;

/// A condition on the item of a loop.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The members it looks at, at most [`MOST_MEMBERS`].
    pub(crate) names: Vec<(Arc<str>, Hint)>,
    pub(crate) test: Test,
}

/// A part of the condition. Members are indices of [`Rows::names`]; prices are of the expressions they stand for.
#[derive(Debug)]
pub(crate) enum Test {
    /// A member beside a constant. The comparison's own price depends on both.
    Compare {
        member: usize,
        operator: Operator,
        constant: Value<'static>,
        price: u64,
    },
    /// A member that is a boolean.
    Holds {
        member: usize,
        price: u64,
    },
    /// Whether the member is there.
    Present {
        member: usize,
        price: u64,
    },
    Not(Box<Test>),
    /// `&&` and `||`: the answer `decisive` decides.
    Logic {
        operands: Vec<Test>,
        decisive: bool,
    },
}

impl Rows {
    /// The predicate of a loop in this form, if it has it.
    pub(super) fn of_fold(nodes: &[Node], node: &Node, free_presence_tests: bool) -> Option<Self> {
        let Node::Fold(fold) = node else { return None };
        let predicate = match fold.kind {
            FoldKind::All(predicate) | FoldKind::Exists(predicate) => predicate,
            FoldKind::List { predicate, .. } => predicate?,
            _ => return None,
        };
        let mut reader = Reader { nodes, item: fold.first, free_presence_tests, names: Vec::new() };
        let test = reader.test(predicate).filter(|_| fold.second.is_none())?;
        Some(Self { names: reader.names, test })
    }
}

struct Reader<'n> {
    nodes: &'n [Node],
    item: Slot,
    free_presence_tests: bool,
    names: Vec<(Arc<str>, Hint)>,
}

impl Reader<'_> {
    fn test(&mut self, id: NodeId) -> Option<Test> {
        let nodes = self.nodes;
        Some(match &nodes[id as usize] {
            Node::Binary { operator, left, right } if operator.compares() => {
                let Node::Const(constant, cost) = &nodes[*right as usize] else { return None };
                let (member, price) = self.member(*left, PathKind::Names)?;
                let (operator, constant) = (*operator, constant.clone());
                Test::Compare { member, operator, constant, price: price + cost }
            }
            // Their price depends on what is left of a limit.
            Node::Path(path) if path.kind == PathKind::Presence && self.free_presence_tests => return None,
            Node::Path(path) if path.kind == PathKind::Presence => {
                let (member, price) = self.member(id, PathKind::Presence)?;
                Test::Present { member, price }
            }
            Node::Path(_) => {
                let (member, price) = self.member(id, PathKind::Names)?;
                Test::Holds { member, price }
            }
            Node::Not(operand) => Test::Not(Box::new(self.test(*operand)?)),
            Node::And(operands) => Test::Logic { operands: self.tests(operands)?, decisive: false },
            Node::Or(operands) => Test::Logic { operands: self.tests(operands)?, decisive: true },
            _ => return None,
        })
    }

    fn tests(&mut self, ids: &[NodeId]) -> Option<Vec<Test>> {
        ids.iter().map(|id| self.test(*id)).collect()
    }

    /// The member of the item that a path is, and the price of the path.
    fn member(&mut self, id: NodeId, kind: PathKind) -> Option<(usize, u64)> {
        let Node::Path(path) = &self.nodes[id as usize] else { return None };
        let Path { root: Root::Local(slot), steps, price, .. } = &**path else { return None };
        let [Step { by: By::Field(name, _), .. }] = &steps[..] else { return None };
        if *slot != self.item || path.kind != kind {
            return None;
        }
        let known = self.names.iter().position(|(other, _)| other == name);
        let member = known.unwrap_or(self.names.len());
        if known.is_none() {
            self.names.push((name.clone(), Hint::default()));
        }
        (member < MOST_MEMBERS).then_some((member, *price))
    }
}
