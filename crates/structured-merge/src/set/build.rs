//! Building sets while a value is walked in order. The walk decides what is a member; order is its duty.

use crate::element::{Element, encode};

use super::{FieldSet, HEADER, close_node, mark_node, open_field, open_node, read_header};

/// One set that grows node by node, in order, while its value is walked.
///
/// Nodes are written as they are entered, and taken back on leaving if they turn out to be neither member nor parent:
/// the way for walks that mark most of what they see.
#[derive(Debug)]
pub(crate) struct Tree {
    bytes: Vec<u8>,
    /// Where the node starts that is being filled; none at the root.
    open: Option<usize>,
    depth: usize,
}

/// What was open before a node was entered.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub(crate) struct Outer(Option<usize>);

impl Tree {
    pub(crate) fn new() -> Self {
        Self { bytes: Vec::with_capacity(1024), open: None, depth: 0 }
    }

    /// Number of elements in the current path.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn enter_field(&mut self, name: &str) -> Outer {
        let outer = Outer(self.open.replace(self.bytes.len()));
        open_field(&mut self.bytes, name);
        self.depth += 1;
        outer
    }

    pub(crate) fn enter_element(&mut self, element: Element<'_>) -> Outer {
        let outer = Outer(self.open.replace(self.bytes.len()));
        open_node(&mut self.bytes, element.0, false);
        self.depth += 1;
        outer
    }

    /// Makes the current path a member. The root is never a member.
    pub(crate) fn mark(&mut self) {
        if let Some(start) = self.open {
            mark_node(&mut self.bytes, start);
        }
    }

    /// Whether something below the current path is a member.
    pub(crate) fn has_children(&self) -> bool {
        let Some(start) = self.open else { return !self.bytes.is_empty() };
        self.bytes[start..]
            .first_chunk::<HEADER>()
            .is_some_and(|header| self.bytes.len() > start + HEADER + read_header(*header).1)
    }

    /// Goes one step up.
    pub(crate) fn leave(&mut self, outer: Outer) {
        if let Some(start) = std::mem::replace(&mut self.open, outer.0)
            && let Some(header) = self.bytes[start..].first_chunk::<HEADER>()
        {
            let (_, element, member) = read_header(*header);
            if !member && self.bytes.len() == start + HEADER + element {
                self.bytes.truncate(start);
            } else {
                close_node(&mut self.bytes, start);
            }
        }
        self.depth -= 1;
    }

    pub(crate) fn finish(self) -> FieldSet {
        FieldSet { bytes: self.bytes }
    }
}

/// The current path of a walk, and `N` sets that grow along it.
///
/// Siblings must be entered in order. A node is written to a set when its first member is marked, so that a set which
/// a branch does not touch costs nothing there.
#[derive(Debug)]
pub(crate) struct Walk<const N: usize> {
    path: Vec<u8>,
    ends: Vec<usize>,
    sets: [Growing; N],
}

#[derive(Debug, Default)]
struct Growing {
    bytes: Vec<u8>,
    /// Where the nodes of the current path start that have been written.
    open: Vec<usize>,
}

impl<const N: usize> Walk<N> {
    pub(crate) fn new() -> Self {
        Self { path: Vec::new(), ends: Vec::new(), sets: std::array::from_fn(|_| Growing::default()) }
    }

    /// Number of elements in the current path.
    pub(crate) fn depth(&self) -> usize {
        self.ends.len()
    }

    /// Goes one step down, to the element that `encode` appends.
    pub(crate) fn enter(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.path);
        self.ends.push(self.path.len());
    }

    pub(crate) fn enter_field(&mut self, name: &str) {
        self.enter(|path| encode::field(path, name));
    }

    pub(crate) fn enter_element(&mut self, element: Element<'_>) {
        self.enter(|path| path.extend_from_slice(element.0));
    }

    /// Goes one step up.
    pub(crate) fn leave(&mut self) {
        for set in &mut self.sets {
            if set.open.len() == self.ends.len()
                && let Some(start) = set.open.pop()
            {
                close_node(&mut set.bytes, start);
            }
        }
        self.ends.pop();
        self.path.truncate(self.ends.last().copied().unwrap_or_default());
    }

    /// Makes the current path a member of a set. The root is never a member.
    pub(crate) fn mark(&mut self, which: usize) {
        let set = &mut self.sets[which];
        while set.open.len() < self.ends.len() {
            let depth = set.open.len();
            let start = if depth == 0 { 0 } else { self.ends[depth - 1] };
            set.open.push(set.bytes.len());
            open_node(&mut set.bytes, &self.path[start..self.ends[depth]], false);
        }
        if let Some(&start) = set.open.last() {
            mark_node(&mut set.bytes, start);
        }
    }

    pub(crate) fn finish(mut self) -> [FieldSet; N] {
        while !self.ends.is_empty() {
            self.leave();
        }
        self.sets.map(|set| FieldSet { bytes: set.bytes })
    }
}
