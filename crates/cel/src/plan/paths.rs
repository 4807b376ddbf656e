//! Selections and indices become steps of one path, so that no value is made on the way.
use super::{By, Node, NodeId, Path, PathKind, Planner, Root, Step};
use crate::{ExprId, Hint, Name, Reference, Selection, Value, check::candidates};
use std::sync::Arc;

impl Planner<'_> {
    #[inline(never)]
    pub(super) fn select(&mut self, id: ExprId, operand: ExprId, field: &Name, test: bool) -> NodeId {
        match self.checked.reference(id) {
            Some(Reference::Variable(name)) => {
                let root = Root::Variable(name.clone());
                return self.start(id, root, Vec::new());
            }
            Some(Reference::Type(_, ty)) => {
                let ty = ty.clone();
                return self.push(id, Node::Const(Value::Type(ty), 0));
            }
            _ => {}
        }
        if !test && let Some(node) = self.unchecked_name(id) {
            return node;
        }
        let by = By::Field((**field).into(), Hint::default());
        let node = self.step(id, operand, by, false);
        if test && let Node::Path(path) = &mut self.nodes[node as usize] {
            path.test = true;
        }
        node
    }

    #[inline(never)]
    pub(super) fn index(&mut self, id: ExprId, operand: ExprId, index: ExprId, optional: bool) -> NodeId {
        let operand = self.root_of(operand);
        let index = self.expr(index);
        let index = self.free(index);
        let by = self.key_step(index);
        self.extend(id, operand, by, optional)
    }

    /// `operand` with one more step.
    pub(super) fn step(&mut self, id: ExprId, operand: ExprId, by: By, optional: bool) -> NodeId {
        let operand = self.root_of(operand);
        self.extend(id, operand, by, optional)
    }

    fn root_of(&mut self, operand: ExprId) -> NodeId {
        self.expr(operand)
    }

    /// Adds a step to the path at `node`, or starts one there.
    #[inline(never)]
    fn extend(&mut self, id: ExprId, node: NodeId, by: By, optional: bool) -> NodeId {
        let span = self.checked.ast.span(id);
        let span = (span.start, span.end);
        let step = Step { by, optional, span };
        match &mut self.nodes[node as usize] {
            Node::Path(path) if !path.test => {
                path.steps.push(step);
                self.spans[node as usize] = span;
                node
            }
            Node::Local { slot, .. } => {
                let root = Root::Local(*slot);
                self.start(id, root, vec![step])
            }
            other => {
                // A conditional is an attribute itself: its root has been paid for.
                let root_cost = u64::from(!matches!(other, Node::If { .. }));
                let path = Path { root_cost, ..Path::new(Root::Node(node), vec![step]) };
                self.push(id, Node::Path(Box::new(path)))
            }
        }
    }

    #[inline(never)]
    fn start(&mut self, id: ExprId, root: Root, steps: Vec<Step>) -> NodeId {
        self.push(id, Node::Path(Box::new(Path::new(root, steps))))
    }

    /// Finds out what each path needs, once all steps are there.
    pub(super) fn classify_paths(&mut self) {
        for node in &mut self.nodes {
            if let Node::Path(path) = node {
                path.kind = path.classify();
                path.price = path.root_cost + path.steps.len() as u64;
                if matches!(path.kind, PathKind::Names | PathKind::Keys) {
                    path.names = path.steps.iter().map_while(Step::name).collect();
                }
            }
        }
    }

    /// A dotted name without types: it may be one variable, or a variable and its fields.
    #[inline(never)]
    fn unchecked_name(&mut self, id: ExprId) -> Option<NodeId> {
        if self.checked.is_checked() {
            return None;
        }
        let name = self.checked.ast.qualified_name(id)?;
        let root = name.split('.').next().unwrap_or_default();
        if self.local(root).is_some() {
            return None;
        }
        let root = self.names(&name);
        let mut steps = Vec::new();
        let mut at = id;
        while let crate::Expr::Select { operand, field, .. } = self.checked.ast.expr(at) {
            let span = self.checked.ast.span(at);
            steps.push(Step {
                by: By::Field((**field).into(), Hint::default()),
                optional: false,
                span: (span.start, span.end),
            });
            at = *operand;
        }
        steps.reverse();
        Some(self.start(id, root, steps))
    }

    /// Everything that an unchecked dotted name may stand for.
    #[inline(never)]
    pub(super) fn names(&self, name: &str) -> Root {
        let env = self.env;
        let steps = name.trim_start_matches('.').split('.').count() - 1;
        let mut names: Vec<(Arc<str>, usize)> = Vec::new();
        for covered in (0..=steps).rev() {
            let absolute = name.starts_with('.');
            let parts: Vec<&str> = name.trim_start_matches('.').split('.').take(covered + 1).collect();
            let prefix = format!("{}{}", if absolute { "." } else { "" }, parts.join("."));
            names.extend(candidates(&env.container, &prefix).map(|name| (name.into(), covered)));
        }
        let ty = match env.resolve(name) {
            Some((Reference::Type(_, ty), _)) => Some(ty),
            _ => None,
        };
        Root::Names(names, ty)
    }
}

impl Path {
    pub(super) fn new(root: Root, steps: Vec<Step>) -> Self {
        let names = Vec::new();
        Self { root, steps, names, root_cost: 1, test: false, kind: PathKind::General, price: 0, stem: None }
    }

    fn classify(&self) -> PathKind {
        let names = self.steps.iter().all(|step| matches!(step.by, By::Field(..)));
        let constant = self.steps.iter().all(|step| !matches!(step.by, By::Node(_)));
        let optional = self.steps.iter().any(|step| step.optional);
        match (&self.root, self.test, optional) {
            (Root::Node(_) | Root::Names(..), ..) | (_, true, true) => PathKind::General,
            (_, true, false) if names => PathKind::Presence,
            (_, false, true) if names => PathKind::Optional,
            (_, false, false) if names && !self.steps.is_empty() => PathKind::Names,
            (_, false, false) if constant => PathKind::Keys,
            _ => PathKind::General,
        }
    }
}

impl Step {
    fn name(&self) -> Option<Selection> {
        match &self.by {
            By::Field(name, _) => Some(Selection::new(name.clone())),
            By::Key(_) | By::Node(_) => None,
        }
    }
}
