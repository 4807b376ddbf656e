//! Set algebra: one pass over two sorted tries, told apart by a table of four decisions.

use std::cmp::Ordering;

use super::{FieldSet, Node, Nodes, Walk, mark_node, write_node};

/// What an operation keeps.
trait Operation {
    /// Whether branches that only the left set has are kept.
    const LEFT: bool;
    /// Whether branches that only the right set has are kept.
    const RIGHT: bool;
    /// Whether branches that are the same in both sets are kept.
    const SAME: bool;
    /// Whether a member of the right set takes everything below it along.
    const RIGHT_PRUNES: bool = false;
    /// Membership of a path that both sets have.
    fn member(left: bool, right: bool) -> bool;
}

struct Union;
impl Operation for Union {
    const LEFT: bool = true;
    const RIGHT: bool = true;
    const SAME: bool = true;
    fn member(left: bool, right: bool) -> bool {
        left || right
    }
}

struct Intersection;
impl Operation for Intersection {
    const LEFT: bool = false;
    const RIGHT: bool = false;
    const SAME: bool = true;
    fn member(left: bool, right: bool) -> bool {
        left && right
    }
}

struct Difference;
impl Operation for Difference {
    const LEFT: bool = true;
    const RIGHT: bool = false;
    const SAME: bool = false;
    fn member(left: bool, right: bool) -> bool {
        left && !right
    }
}

struct Without;
impl Operation for Without {
    const LEFT: bool = true;
    const RIGHT: bool = false;
    const SAME: bool = false;
    const RIGHT_PRUNES: bool = true;
    fn member(left: bool, right: bool) -> bool {
        left && !right
    }
}

impl FieldSet {
    /// Paths in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine::<Union>(other, self.bytes.len() + other.bytes.len())
    }

    /// Paths in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine::<Intersection>(other, self.bytes.len().min(other.bytes.len()))
    }

    /// Paths in this set and not in the other. What lies below a path of the other set stays.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine::<Difference>(other, self.bytes.len())
    }

    /// Paths in this set that are neither in the other nor below a path of it.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.combine::<Without>(other, self.bytes.len())
    }

    /// Members with no member below them.
    #[must_use]
    pub fn leaves(&self) -> Self {
        self.rewrite(leaves)
    }

    /// The key fields of every item that is a member or leads to one.
    pub(crate) fn keys(&self) -> Self {
        keys(self.nodes())
    }

    /// Whether every path of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        is_subset(self.nodes(), other.nodes())
    }

    /// Whether the sets have a path in common.
    pub fn intersects(&self, other: &Self) -> bool {
        intersects(self.nodes(), other.nodes())
    }

    fn combine<O: Operation>(&self, other: &Self, capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        combine::<O>(self.nodes(), other.nodes(), &mut bytes);
        Self { bytes }
    }
}

fn combine<O: Operation>(left: Nodes<'_>, right: Nodes<'_>, out: &mut Vec<u8>) {
    let (mut left, mut right) = (Side::new(left), Side::new(right));
    while let (Some(a), Some(b)) = (left.next, right.next) {
        match a.element.cmp(&b.element) {
            Ordering::Less => {
                right.settle(O::RIGHT, out);
                left.pass(O::LEFT);
            }
            Ordering::Greater => {
                left.settle(O::LEFT, out);
                right.pass(O::RIGHT);
            }
            Ordering::Equal => {
                left.settle(O::LEFT, out);
                right.settle(O::RIGHT, out);
                if a.raw != b.raw {
                    write_node(out, a.element, O::member(a.member, b.member), |out| {
                        if !(O::RIGHT_PRUNES && b.member) {
                            combine::<O>(a.children(), b.children(), out);
                        }
                    });
                } else if O::SAME {
                    out.extend_from_slice(a.raw);
                }
                left.pass(false);
                right.pass(false);
            }
        }
    }
    left.settle(O::LEFT, out);
    right.settle(O::RIGHT, out);
    if O::LEFT {
        out.extend_from_slice(left.kept);
    }
    if O::RIGHT {
        out.extend_from_slice(right.kept);
    }
}

/// Siblings of one set, of which those that only it has are copied at once when they stand in a row.
struct Side<'a> {
    next: Option<Node<'a>>,
    rest: Nodes<'a>,
    /// From the next node on.
    at: &'a [u8],
    /// From the first node on that is kept and not yet copied, or from the next one.
    kept: &'a [u8],
}

impl<'a> Side<'a> {
    fn new(mut nodes: Nodes<'a>) -> Self {
        let at = nodes.0;
        Self { next: nodes.next(), rest: nodes, at, kept: at }
    }

    /// Goes on behind the next node, which is kept or not.
    fn pass(&mut self, is_kept: bool) {
        self.at = self.rest.0;
        if !is_kept {
            self.kept = self.at;
        }
        self.next = self.rest.next();
    }

    /// Copies what is kept before the next node, if this side keeps anything at all.
    fn settle(&mut self, is_kept: bool, out: &mut Vec<u8>) {
        let length = self.kept.len() - self.at.len();
        if is_kept && length > 0 {
            out.extend_from_slice(&self.kept[..length]);
            self.kept = self.at;
        }
    }
}

fn leaves(nodes: Nodes<'_>, out: &mut Vec<u8>) {
    for node in nodes {
        let member = node.member && node.children().is_empty();
        write_node(out, node.element, member, |out| leaves(node.children(), out));
    }
}

fn keys(nodes: Nodes<'_>) -> FieldSet {
    let mut bytes = Vec::new();
    for node in nodes {
        let mut names = Walk::<1>::new();
        for name in node.element.key_names() {
            names.enter_field(name);
            names.mark(0);
            names.leave();
        }
        let [names] = names.finish();
        let below = keys(node.children()).union(&names);
        write_node(&mut bytes, node.element, false, |out| out.extend_from_slice(&below.bytes));
    }
    FieldSet { bytes }
}

fn is_subset(left: Nodes<'_>, mut right: Nodes<'_>) -> bool {
    for a in left {
        let found = right.find(|b| b.element >= a.element).filter(|b| b.element == a.element);
        let Some(b) = found else { return false };
        if a.raw == b.raw {
            continue;
        }
        if (a.member && !b.member) || !is_subset(a.children(), b.children()) {
            return false;
        }
    }
    true
}

fn intersects(mut left: Nodes<'_>, mut right: Nodes<'_>) -> bool {
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        if a.raw == b.raw {
            return true;
        }
        let order = a.element.cmp(&b.element);
        if order.is_eq() && (a.member && b.member || intersects(a.children(), b.children())) {
            return true;
        }
        if order.is_le() {
            left.next();
        }
        if order.is_ge() {
            right.next();
        }
    }
    false
}

/// Sorts siblings that came out of order and joins those that came twice: a member stays one, the last children win.
pub(super) fn normalize(bytes: &mut Vec<u8>, start: usize) {
    let unsorted = bytes.split_off(start);
    let mut nodes: Vec<_> = Nodes(&unsorted).collect();
    nodes.sort_by(|a, b| a.element.cmp(&b.element));
    for same in nodes.chunk_by(|a, b| a.element == b.element) {
        let at = bytes.len();
        let children = same.iter().rev().find(|node| !node.children().is_empty());
        if let Some(node) = children {
            bytes.extend_from_slice(node.raw);
        } else {
            bytes.extend_from_slice(same[0].raw);
        }
        if same.iter().any(|node| node.member) {
            mark_node(bytes, at);
        }
    }
}
