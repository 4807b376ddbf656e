//! Which conditions plain JSON may answer: comparisons of members, members that are booleans, presence, and logic over
//! these.
use super::{Node, Path, PathKind};

/// By node: whether it is such a condition. Operands stand before what is made of them.
pub(super) fn conditions(nodes: &[Node]) -> Vec<bool> {
    let mut quick = Vec::with_capacity(nodes.len());
    for node in nodes {
        quick.push(match node {
            Node::Path(path) => matches!(path.kind, PathKind::Names | PathKind::Presence),
            Node::Not(operand) => quick[*operand as usize],
            Node::And(operands) | Node::Or(operands) => operands.iter().all(|id| quick[*id as usize]),
            Node::Binary { operator, left, right } => {
                operator.compares()
                    && is_names(&nodes[*left as usize])
                    && matches!(&nodes[*right as usize], right if is_names(right) || matches!(right, Node::Const(..)))
            }
            _ => false,
        });
    }
    quick
}

fn is_names(node: &Node) -> bool {
    matches!(node, Node::Path(path) if matches!(**path, Path { kind: PathKind::Names, .. }))
}
