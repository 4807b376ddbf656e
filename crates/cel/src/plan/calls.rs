//! Calls: operators with code of their own, and functions by their overloads.
use super::{By, CallPlan, Candidate, Local, Node, NodeId, Operator, Part, Planner, specialise};
use crate::{
    Call, Cost, EvalError, Expr, ExprId, Hint, Implementation, Issue, Limits, Literal, Name, Overload,
    Reference, Stage, Type, Value, library::to_string,
};
use std::{ptr::fn_addr_eq, sync::Arc};

impl Planner<'_> {
    #[inline(never)]
    pub(super) fn call(
        &mut self,
        id: ExprId,
        function: &Name,
        target: Option<ExprId>,
        args: &[ExprId],
    ) -> NodeId {
        match (&**function, target, args) {
            ("_&&_" | "_||_", None, _) => {
                let mut operands = Vec::new();
                self.operands(function, id, &mut operands);
                let node = if &**function == "_&&_" { Node::And(operands) } else { Node::Or(operands) };
                return self.push(id, node);
            }
            ("_?_:_", None, [condition, yes, no]) => {
                let condition = self.expr(*condition);
                let yes = self.expr(*yes);
                let yes = self.free(yes);
                let no = self.expr(*no);
                let no = self.free(no);
                return self.push(id, Node::If { condition, yes, no });
            }
            ("_[_]", None, [operand, index]) => return self.index(id, *operand, *index, false),
            ("_[?_]", None, [operand, index]) => return self.index(id, *operand, *index, true),
            ("_?._", None, [operand, field]) => {
                if let Expr::Literal(Literal::String(name)) = self.checked.ast.expr(*field) {
                    let by = By::Field(name.clone(), Hint::default());
                    return self.step(id, *operand, by, true);
                }
            }
            ("cel.@block", None, [slots, body]) => return self.block(id, *slots, *body),
            ("or" | "orValue", Some(optional), [other]) if self.is_fallback(id) => {
                let optional = self.expr(optional);
                let other = self.expr(*other);
                let unwrap = &**function == "orValue";
                return self.push(id, Node::Fallback { optional, other, unwrap });
            }
            _ => {}
        }
        let (name, overloads, target) = self.overloads(id, function, target, args.len());
        let native =
            overloads.iter().all(|overload| matches!(overload.implementation, Implementation::BuiltIn));
        match (name.as_str(), args) {
            ("!_", [arg]) if native => {
                let arg = self.expr(*arg);
                self.push(id, Node::Not(arg))
            }
            ("-_", [arg]) if native => {
                let arg = self.expr(*arg);
                self.push(id, Node::Negate(arg))
            }
            (name, [left, right]) if native && let Some(operator) = Operator::of(name) => {
                self.binary(id, operator, *left, *right)
            }
            _ => {
                let args: Vec<_> = target.iter().chain(args).map(|arg| self.expr(*arg)).collect();
                self.function(id, &name, &overloads, args)
            }
        }
    }

    /// The operands of a chain of `&&` or `||`.
    #[inline(never)]
    fn operands(&mut self, function: &str, id: ExprId, out: &mut Vec<NodeId>) {
        match self.checked.ast.expr(id) {
            Expr::Call { function: inner, target: None, args } if **inner == *function => {
                for &arg in args {
                    self.operands(function, arg, out);
                }
            }
            _ => out.push(self.expr(id)),
        }
    }

    /// Whether `or` and `orValue` are the ones of optional values.
    fn is_fallback(&self, id: ExprId) -> bool {
        match self.checked.reference(id) {
            Some(Reference::Function(_, ids)) => ids.iter().all(|id| id.starts_with("optional_or")),
            _ => true,
        }
    }

    /// The function's qualified name, its candidates, and the receiver unless the name took it up.
    #[inline(never)]
    fn overloads(
        &self,
        id: ExprId,
        function: &str,
        target: Option<ExprId>,
        args: usize,
    ) -> (String, Vec<Arc<Overload>>, Option<ExprId>) {
        let env = self.env;
        if let Some(Reference::Function(name, ids)) = self.checked.reference(id) {
            let all = env.declarations.functions.get(&**name).map(Vec::as_slice).unwrap_or_default();
            let chosen: Vec<_> = all.iter().filter(|overload| ids.contains(&overload.id)).cloned().collect();
            let member = chosen.first().is_some_and(|overload| overload.signature.member);
            return (name.to_string(), chosen, target.filter(|_| member));
        }
        let fits = |overloads: &[Arc<Overload>], member: bool| -> Vec<Arc<Overload>> {
            let count = args + usize::from(member);
            let right =
                |o: &&Arc<Overload>| o.signature.member == member && o.signature.parameters.len() == count;
            overloads.iter().filter(right).cloned().collect()
        };
        if let Some(target) = target
            && let Some(prefix) = self.checked.ast.qualified_name(target)
            && let Some((name, overloads)) = env.function(&format!("{prefix}.{function}"))
        {
            return (name.to_owned(), fits(overloads, false), None);
        }
        match env.function(function) {
            Some((name, overloads)) => (name.to_owned(), fits(overloads, target.is_some()), target),
            None => (function.to_owned(), Vec::new(), target),
        }
    }

    #[inline(never)]
    fn binary(&mut self, id: ExprId, operator: Operator, left: ExprId, right: ExprId) -> NodeId {
        let text = |this: &Self, id| this.checked.is_checked() && *this.checked.ty(id) == Type::String;
        let left_node = self.expr(left);
        let right_node = self.expr(right);
        if operator == Operator::Add && text(self, left) && text(self, right) {
            let right_part = self.part(right_node);
            if let Node::Concat(parts) = &mut self.nodes[left_node as usize] {
                parts.push(right_part);
                let span = self.checked.ast.span(id);
                self.spans[left_node as usize] = (span.start, span.end);
                return left_node;
            }
            let left_part = self.part(left_node);
            return self.push(id, Node::Concat(vec![left_part, right_part]));
        }
        if let Some(value) =
            self.folded(&[left_node, right_node], |args| crate::eval::operate(operator, &args[0], &args[1]))
        {
            return self.push(id, value);
        }
        self.push(id, Node::Binary { operator, left: left_node, right: right_node })
    }

    /// A text as a part of a chain.
    fn part(&self, node: NodeId) -> Part {
        match &self.nodes[node as usize] {
            Node::Const(Value::String(text), cost) => {
                Part::Text { text: (**text).into(), code_points: text.code_points() as u64, cost: *cost }
            }
            Node::Call(call) => match (&*call.candidates, &*call.args) {
                (
                    [
                        Candidate {
                            code: Implementation::Function(code),
                            cost: Cost::Fixed(price),
                            overload,
                        },
                    ],
                    [path],
                ) if fn_addr_eq(*code, to_string as crate::Function)
                    && *overload.signature.parameters == [Type::Int]
                    && matches!(self.nodes[*path as usize], Node::Path(_)) =>
                {
                    Part::Integer { path: *path, price: *price, call: node }
                }
                _ => Part::Node(node),
            },
            _ => Part::Node(node),
        }
    }

    /// What a pure operation on constants comes to: the value, and the price that the evaluation would have paid.
    /// `None` when an operand is no constant, the operation fails, or its result is too large to keep.
    #[inline(never)]
    fn folded(
        &self,
        args: &[NodeId],
        run: impl FnOnce(&[Value<'static>]) -> Option<(Value<'static>, u64)>,
    ) -> Option<Node> {
        let mut price = 0;
        let mut values = Vec::new();
        for &arg in args {
            let Node::Const(value, cost) = &self.nodes[arg as usize] else { return None };
            price += cost;
            values.push(value.clone());
        }
        let (value, cost) = run(&values)?;
        Some(Node::Const(value, price + cost))
    }

    #[inline(never)]
    fn function(&mut self, id: ExprId, name: &str, overloads: &[Arc<Overload>], args: Vec<NodeId>) -> NodeId {
        if overloads.is_empty() {
            let error = EvalError::new(crate::ErrorKind::NoSuchOverload, format!("no such overload: {name}"));
            return self.push(id, Node::Fail(error));
        }
        let mut candidates = Vec::with_capacity(overloads.len());
        for overload in overloads {
            let mut code = overload.implementation.clone();
            if let Some(hook) = overload.specialise {
                let constants: Vec<_> = args.iter().map(|arg| self.constant(*arg)).collect();
                match specialise(hook, &constants) {
                    None => {}
                    Some(Ok(prepared)) => code = prepared,
                    Some(Err(error)) => {
                        let span = self.checked.ast.span(id);
                        self.issues.push(Issue::new(
                            Stage::Plan,
                            span.start..span.end,
                            span.at,
                            error.message(),
                        ));
                    }
                }
            }
            candidates.push(Candidate { overload: overload.clone(), code, cost: self.env.cost(overload) });
        }
        if let Some(value) = self.converted(name, &candidates, &args) {
            return self.push(id, Node::Const(value, 0));
        }
        if let Some(node) = self.folded(&args, |args| called(&candidates, args)) {
            return self.push(id, node);
        }
        let certain = self.is_certain(&candidates, &args);
        self.push(id, Node::Call(Box::new(CallPlan { candidates, args, certain })))
    }

    /// Whether there is one candidate, and its arguments are made by the program in just the types it takes. What the
    /// host binds is looked at when it is there.
    fn is_certain(&self, candidates: &[Candidate], args: &[NodeId]) -> bool {
        let [candidate] = candidates else { return false };
        args.iter().zip(&candidate.overload.signature.parameters).all(|(arg, ty)| {
            match &self.nodes[*arg as usize] {
                Node::Const(value, _) => crate::eval::fits(value, ty),
                Node::Concat(_) => *ty == Type::String,
                Node::Call(made) => made.candidates.iter().all(|made| made.overload.signature.result == *ty),
                _ => false,
            }
        })
    }

    /// The result of a conversion of a constant, where constants are folded.
    #[inline(never)]
    fn converted(&self, name: &str, candidates: &[Candidate], args: &[NodeId]) -> Option<Value<'static>> {
        const CONVERSIONS: [&str; 10] =
            ["bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"];
        if !self.env.options.fold_constants || !CONVERSIONS.contains(&name) {
            return None;
        }
        let [arg] = args else { return None };
        let arg = self.constant(*arg)?.clone();
        let candidate =
            candidates.iter().find(|c| crate::eval::fits(&arg, &c.overload.signature.parameters[0]))?;
        let mut memory_left = Limits::default().memory;
        let mut call = Call { memory_left: &mut memory_left };
        match &candidate.code {
            Implementation::Function(code) => code(&mut call, &[arg]).ok()?.into_owned().ok(),
            _ => None,
        }
    }

    /// `cel.@block([a, b], body)`.
    #[inline(never)]
    fn block(&mut self, id: ExprId, slots: ExprId, body: ExprId) -> NodeId {
        let Expr::List { items, .. } = self.checked.ast.expr(slots) else {
            return self.push(id, Node::Fail(EvalError::invalid("cel.block requires a list literal")));
        };
        let first = self.reserve(items.len());
        let outer = self.scope.len();
        let mut nodes = Vec::new();
        for (index, &item) in items.iter().enumerate() {
            let node = self.expr(item);
            nodes.push(node);
            // A slot may be evaluated anywhere below, so its own locals are nobody else's.
            self.depth = self.locals;
            let name = Name::from(format!("@index{index}"));
            self.scope.push((name, Local::Lazy(first + index as u32, node)));
        }
        let body = self.expr(body);
        self.scope.truncate(outer);
        self.depth = first;
        self.push(id, Node::Block { first, slots: nodes, body })
    }
}

/// Bytes that a call at planning may make.
const FOLDED_MEMORY: u64 = 4096;

/// A call of constants. Functions are functions of their arguments; one without any may be more than that.
fn called(candidates: &[Candidate], args: &[Value<'static>]) -> Option<(Value<'static>, u64)> {
    let takes = |candidate: &&Candidate| {
        let parameters = &candidate.overload.signature.parameters;
        args.iter().zip(parameters).all(|(arg, ty)| crate::eval::fits(arg, ty))
    };
    let candidate = candidates.iter().find(takes).filter(|_| !args.is_empty())?;
    let mut memory_left = FOLDED_MEMORY;
    let mut call = Call { memory_left: &mut memory_left };
    let value = match &candidate.code {
        Implementation::Function(code) => code(&mut call, args),
        Implementation::Stateful(code) => code(&mut call, args),
        Implementation::BuiltIn => return None,
    };
    let value = value.ok()?.into_owned().ok()?;
    let cost = candidate.cost.of(args, &value);
    Some((value, cost))
}

impl Operator {
    /// Whether it compares two values.
    pub(super) fn compares(self) -> bool {
        use Operator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }

    fn of(function: &str) -> Option<Self> {
        Some(match function {
            "_==_" => Self::Equal,
            "_!=_" => Self::NotEqual,
            "_<_" => Self::Less,
            "_<=_" => Self::LessEqual,
            "_>_" => Self::Greater,
            "_>=_" => Self::GreaterEqual,
            "_+_" => Self::Add,
            "_-_" => Self::Subtract,
            "_*_" => Self::Multiply,
            "_/_" => Self::Divide,
            "_%_" => Self::Modulo,
            "@in" => Self::In,
            _ => return None,
        })
    }
}
