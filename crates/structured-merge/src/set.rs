//! [`FieldSet`]: a set of paths, kept as one byte string. Knows nothing of schemas and of who owns what.
//!
//! The bytes are a trie in preorder. A node is eight bytes of header (length of its children; length of its element,
//! shifted left once, with the lowest bit set if the node itself is a member), the encoded element, the children.
//! Siblings are sorted and unique, and a node is a member or has children, so that set algebra is a merge of two
//! streams in which whole branches are copied at once. Lengths are 32 bits: a set is at most 4 GiB.

use std::cmp::Ordering;
use std::fmt;

use crate::element::{Element, Path, PathElement};

mod algebra;
mod build;
mod fields_v1;
mod parse;

pub(crate) use build::{Tree, Walk};
pub use fields_v1::ParseFieldsV1Error;

/// A set of paths into an object: what somebody owns, or what has changed.
///
/// Membership of a field says nothing of what lies below it.
#[derive(Clone, Default)]
pub struct FieldSet {
    bytes: Vec<u8>,
}

impl FieldSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Whether nothing is a member.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.nodes().len()
    }

    /// Whether the path is a member; the empty path never is.
    pub fn contains(&self, path: &Path) -> bool {
        let mut nodes = self.nodes();
        let mut member = false;
        for element in &path.0 {
            let mut encoded = Vec::new();
            element.encode(&mut encoded);
            let Some(node) = nodes.find_element(Element(&encoded)) else { return false };
            (nodes, member) = (node.children(), node.member);
        }
        member
    }

    /// Every member: those at one level first, in order, then what lies below each of them.
    pub fn paths(&self) -> Vec<Path> {
        let mut paths = Vec::new();
        collect(self.nodes(), &mut Vec::new(), &mut paths);
        paths
    }

    /// The set that `write` makes of this one's top level, node by node.
    pub(crate) fn rewrite(&self, write: impl FnOnce(Nodes<'_>, &mut Vec<u8>)) -> Self {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        write(self.nodes(), &mut bytes);
        Self { bytes }
    }

    /// The top level.
    pub(crate) fn nodes(&self) -> Nodes<'_> {
        Nodes(&self.bytes)
    }
}

fn collect(nodes: Nodes<'_>, path: &mut Vec<PathElement>, paths: &mut Vec<Path>) {
    for node in nodes.filter(|node| node.member) {
        path.push(node.element.to_path_element());
        paths.push(Path(path.clone()));
        path.pop();
    }
    for node in nodes.filter(|node| !node.children().is_empty()) {
        path.push(node.element.to_path_element());
        collect(node.children(), path, paths);
        path.pop();
    }
}

impl FromIterator<Path> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Path>>(paths: I) -> Self {
        paths.into_iter().fold(Self::new(), |set, path| {
            let mut walk = Walk::<1>::new();
            for element in &path.0 {
                walk.enter(|bytes| element.encode(bytes));
            }
            walk.mark(0);
            let [one] = walk.finish();
            set.union(&one)
        })
    }
}

impl PartialEq for FieldSet {
    fn eq(&self, other: &Self) -> bool {
        self.nodes().same_as(other.nodes())
    }
}

impl Eq for FieldSet {}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_fields_v1())
    }
}

/// The siblings at one place of a set.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nodes<'a>(pub(crate) &'a [u8]);

/// One node of a set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) element: Element<'a>,
    pub(crate) member: bool,
    children: &'a [u8],
    /// The node with header and children, as it stands in the set.
    pub(crate) raw: &'a [u8],
}

/// Bytes of a node's header.
const HEADER: usize = 8;

impl<'a> Node<'a> {
    pub(crate) fn children(&self) -> Nodes<'a> {
        Nodes(self.children)
    }
}

impl<'a> Nodes<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn peek(mut self) -> Option<Node<'a>> {
        self.next()
    }

    pub(crate) fn find_element(mut self, element: Element<'_>) -> Option<Node<'a>> {
        self.find(|node| node.element >= element).filter(|node| node.element == element)
    }

    pub(crate) fn find_field(mut self, name: &str) -> Option<Node<'a>> {
        self.next_field(name)
    }

    /// The field with this name; all before it are passed, and it as well.
    pub(crate) fn next_field(&mut self, name: &str) -> Option<Node<'a>> {
        self.find_map(|node| match node.element.field_name().map(|field| field.cmp(name.as_bytes())) {
            Some(Ordering::Less) => None,
            Some(Ordering::Equal) => Some(Some(node)),
            _ => Some(None),
        })?
    }

    /// The nodes in an order that can be searched by halves.
    pub(crate) fn index(self) -> Index<'a> {
        Index(self.collect())
    }

    fn len(self) -> usize {
        self.map(|node| usize::from(node.member) + node.children().len()).sum()
    }

    fn same_as(self, other: Self) -> bool {
        self.0 == other.0
            || self.zip(other).all(|(a, b)| {
                a.element == b.element && a.member == b.member && a.children().same_as(b.children())
            }) && self.count() == other.count()
    }
}

#[expect(clippy::copy_iterator, reason = "a cursor of two words that is made to be copied")]
impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let (header, rest) = self.0.split_first_chunk::<HEADER>()?;
        let (children, element, member) = read_header(*header);
        let (element_bytes, rest) = rest.split_at(element);
        let (children_bytes, rest) = rest.split_at(children);
        let raw = &self.0[..HEADER + element + children];
        self.0 = rest;
        Some(Node { element: Element(element_bytes), member, children: children_bytes, raw })
    }
}

/// Siblings for repeated look-ups.
#[derive(Debug)]
pub(crate) struct Index<'a>(Vec<Node<'a>>);

impl<'a> Index<'a> {
    pub(crate) fn find(&self, element: Element<'_>) -> Option<Node<'a>> {
        self.0.binary_search_by(|node| node.element.cmp(&element)).ok().map(|at| self.0[at])
    }
}

/// Length of the children, length of the element, membership.
fn read_header(header: [u8; HEADER]) -> (usize, usize, bool) {
    let both = u64::from_le_bytes(header);
    let (children, element) = (both as u32, (both >> 32) as u32);
    (children as usize, (element >> 1) as usize, element & 1 == 1)
}

/// Writes a node whose children `write` appends; nothing if it turns out to be neither a member nor a parent.
pub(crate) fn write_node(
    out: &mut Vec<u8>,
    element: Element<'_>,
    member: bool,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let start = out.len();
    open_node(out, element.0, member);
    write(out);
    if !member && out.len() == start + HEADER + element.0.len() {
        out.truncate(start);
    } else {
        close_node(out, start);
    }
}

/// Appends header and element; the children follow.
fn open_node(out: &mut Vec<u8>, element: &[u8], member: bool) {
    let header = ((element.len() as u64) << 1 | u64::from(member)) << 32;
    out.reserve(HEADER + element.len());
    out.extend_from_slice(&header.to_le_bytes());
    out.extend_from_slice(element);
}

/// Appends header and element of a field; the children follow.
fn open_field(out: &mut Vec<u8>, name: &str) {
    let header = ((name.len() as u64) + 1) << 33;
    out.reserve(HEADER + 1 + name.len());
    out.extend_from_slice(&header.to_le_bytes());
    crate::element::encode::field(out, name);
}

/// Records in the header of the node at `start` that everything after its element is its children.
fn close_node(out: &mut [u8], start: usize) {
    let end = out.len();
    if let Some(header) = out[start..].first_chunk_mut::<HEADER>() {
        let (_, element, _) = read_header(*header);
        let children = (end - start - HEADER - element) as u32;
        header[..4].copy_from_slice(&children.to_le_bytes());
    }
}

/// Makes the node at `start` a member.
fn mark_node(out: &mut [u8], start: usize) {
    out[start + 4] |= 1;
}
