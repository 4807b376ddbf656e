//! One rule per kind of expression.
use super::{By, Local, MapEntry, Node, NodeId, Path, Planner, Root, Slot, literal};
use crate::{Entry, EvalError, Expr, ExprId, Hint, Issue, Key, Name, Reference, Stage, Value};

impl Planner<'_> {
    /// Each kind has a function of its own that is not inlined, so that nesting takes little stack.
    pub(super) fn expr(&mut self, id: ExprId) -> NodeId {
        let checked = self.checked;
        match checked.ast.expr(id) {
            Expr::Hole => self.push(id, Node::Fail(EvalError::invalid("expression has errors"))),
            Expr::Literal(value) => self.push(id, Node::Const(literal(value), 0)),
            Expr::Ident(name) => self.ident(id, name),
            Expr::Select { operand, field, test } => self.select(id, *operand, field, *test),
            Expr::Call { function, target, args } => self.call(id, function, *target, args),
            Expr::List { items, optional } => self.list(id, items, optional),
            Expr::Map { entries } => self.map(id, entries),
            Expr::Struct { name, .. } => {
                let span = checked.ast.span(id);
                let message = format!("values of type '{name}' cannot be made in expressions");
                self.issues.push(Issue::new(Stage::Plan, span.start..span.end, span.at, message));
                self.push(id, Node::Fail(EvalError::invalid("unknown type")))
            }
            Expr::Comprehension(fold) => self.comprehension(id, fold),
        }
    }

    #[inline(never)]
    fn list(&mut self, id: ExprId, items: &[ExprId], optional: &[u32]) -> NodeId {
        let items: Vec<_> = items.iter().map(|item| self.expr(*item)).collect();
        match self.constants(&items).filter(|_| optional.is_empty()) {
            Some(values) => self.push(id, Node::Const(Value::list(values), self.literal_cost(10))),
            None => self.push(id, Node::List { items, optional: optional.to_vec() }),
        }
    }

    #[inline(never)]
    fn map(&mut self, id: ExprId, entries: &[Entry]) -> NodeId {
        let mut planned = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = self.expr(entry.key);
            let constant = self.constant(key).and_then(|value| Key::new(value.clone()));
            planned.push(MapEntry { key, constant, value: self.expr(entry.value), optional: entry.optional });
        }
        self.map_literal(id, planned)
    }

    #[inline(never)]
    fn map_literal(&mut self, id: ExprId, entries: Vec<MapEntry>) -> NodeId {
        let mut constants = crate::Entries::with_capacity(entries.len());
        let (mut distinct, mut constant) = (true, true);
        for entry in &entries {
            let value = self.constant(entry.value).filter(|_| !entry.optional);
            constant &= value.is_some();
            // A repeated key fails when it is evaluated.
            distinct &= entry.constant.as_ref().is_some_and(|key| {
                constants.insert(key.clone(), value.cloned().unwrap_or(Value::Null)).is_none()
            });
        }
        if !(distinct && constant) {
            return self.push(id, Node::Map { entries, distinct });
        }
        let cost = self.literal_cost(30);
        self.push(id, Node::Const(Value::map(constants), cost))
    }

    /// What a constant literal costs.
    fn literal_cost(&self, cost: u64) -> u64 {
        if self.env.options.fold_constants { 0 } else { cost }
    }

    #[inline(never)]
    fn ident(&mut self, id: ExprId, name: &Name) -> NodeId {
        if let Some(local) = self.local(name) {
            return match local {
                Local::Value(slot) => self.push(id, Node::Local { slot, free: false }),
                Local::Lazy(slot, node) => self.push(id, Node::Lazy { slot, node }),
            };
        }
        match self.checked.reference(id) {
            Some(Reference::Type(_, ty)) => {
                let ty = ty.clone();
                self.push(id, Node::Const(Value::Type(ty), 0))
            }
            Some(Reference::Variable(name)) => {
                let root = Root::Variable(name.clone());
                self.path(id, root)
            }
            _ => {
                let root = self.names(name);
                self.path(id, root)
            }
        }
    }

    #[inline(never)]
    fn path(&mut self, id: ExprId, root: Root) -> NodeId {
        self.push(id, Node::Path(Box::new(Path::new(root, Vec::new()))))
    }

    /// The innermost local of this name.
    pub(super) fn local(&self, name: &str) -> Option<Local> {
        self.scope.iter().rev().find(|(local, _)| **local == *name).map(|(_, local)| *local)
    }

    /// Runs `body` with more locals; they are gone afterwards.
    pub(super) fn with_locals<R>(&mut self, names: &[Name], body: impl FnOnce(&mut Self, Slot) -> R) -> R {
        let first = self.reserve(names.len());
        let outer = self.scope.len();
        self.scope.extend(names.iter().cloned().zip((first..).map(Local::Value)));
        let result = body(self, first);
        self.scope.truncate(outer);
        self.depth = first;
        result
    }

    pub(super) fn reserve(&mut self, count: usize) -> Slot {
        let first = self.depth;
        self.depth += count as Slot;
        self.locals = self.locals.max(self.depth);
        first
    }

    pub(super) fn push(&mut self, id: ExprId, node: Node) -> NodeId {
        let span = self.checked.ast.span(id);
        self.nodes.push(node);
        self.spans.push((span.start, span.end));
        (self.nodes.len() - 1) as NodeId
    }

    pub(super) fn constant(&self, node: NodeId) -> Option<&Value<'static>> {
        match &self.nodes[node as usize] {
            Node::Const(value, 0) => Some(value),
            _ => None,
        }
    }

    fn constants(&self, nodes: &[NodeId]) -> Option<Vec<Value<'static>>> {
        nodes.iter().map(|node| self.constant(*node).cloned()).collect()
    }

    /// As a branch of a conditional or as an index, a name itself is free; its fields are not.
    pub(super) fn free(&mut self, node: NodeId) -> NodeId {
        match &mut self.nodes[node as usize] {
            Node::Local { free, .. } => *free = true,
            Node::Path(path) => path.root_cost = 0,
            _ => {}
        }
        node
    }

    /// A step that a constant selects.
    pub(super) fn key_step(&self, node: NodeId) -> By {
        match self.constant(node) {
            Some(Value::String(name)) => By::Field((&**name).into(), Hint::default()),
            Some(value) => By::Key(value.clone()),
            None => By::Node(node),
        }
    }
}
