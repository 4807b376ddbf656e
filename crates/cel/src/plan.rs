//! The planner: from a checked tree to slots, paths, folds and constants. Whatever it rearranges, the cost stays what
//! the tree would have cost.
use crate::{
    Checked, Cost, Env, EvalError, Hint, Issue, Key, Name, Overload, Program, Selection, Specialise, Type,
    Value,
};
use std::sync::Arc;

mod build;
mod calls;
mod folds;
mod paths;
mod quick;
mod rows;
mod stems;

pub(crate) use rows::{MOST_MEMBERS, Rows, Test};
pub(crate) use stems::MOST_STEMS;

/// A planned expression.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) text: Arc<str>,
    pub(crate) result_type: Type,
    pub(crate) nodes: Vec<Node>,
    /// By node: bytes in the text.
    pub(crate) spans: Vec<(u32, u32)>,
    /// By node: whether it is a condition that plain JSON may answer at once.
    pub(crate) quick: Vec<bool>,
    pub(crate) root: NodeId,
    /// How many locals are alive at once.
    pub(crate) locals: usize,
    /// Accumulators and dummy ranges of folds cost nothing.
    pub(crate) fold_constants: bool,
    pub(crate) free_presence_tests: bool,
}

/// Index of a node in its plan.
pub(crate) type NodeId = u32;
/// Index of a local of a macro.
pub(crate) type Slot = u32;

/// One step of the evaluation.
#[derive(Debug)]
pub(crate) enum Node {
    /// A value that is known, and what the tree charges for it.
    Const(Value<'static>, u64),
    /// A local; free as a branch of a conditional and as an index.
    Local {
        slot: Slot,
        free: bool,
    },
    Path(Box<Path>),
    Not(NodeId),
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
    If {
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
    },
    /// An operator between two values, by their kinds at run time.
    Binary {
        operator: Operator,
        left: NodeId,
        right: NodeId,
    },
    Negate(NodeId),
    /// A chain of text concatenations.
    Concat(Vec<Part>),
    Call(Box<CallPlan>),
    List {
        items: Vec<NodeId>,
        optional: Vec<u32>,
    },
    Map {
        entries: Vec<MapEntry>,
        /// Whether all keys are constant and no two are the same.
        distinct: bool,
    },
    Fold(Box<FoldPlan>),
    Bind {
        slot: Slot,
        init: NodeId,
        body: NodeId,
    },
    /// A comprehension of no known kind.
    Loop(Box<LoopPlan>),
    /// Slots that are evaluated when they are first needed.
    Block {
        first: Slot,
        slots: Vec<NodeId>,
        body: NodeId,
    },
    /// A slot of a block.
    Lazy {
        slot: Slot,
        node: NodeId,
    },
    /// `optional.or(other)`, `optional.orValue(other)`.
    Fallback {
        optional: NodeId,
        other: NodeId,
        unwrap: bool,
    },
    /// Fails when it is reached.
    Fail(EvalError),
}

/// A part of a chain of text concatenations.
#[derive(Debug)]
pub(crate) enum Part {
    /// A constant, its code points, and what the tree charges for it.
    Text { text: Box<str>, code_points: u64, cost: u64 },
    /// `string()` of what may be an integer: the path to it, the price of the call, and the call itself.
    Integer { path: NodeId, price: u64, call: NodeId },
    /// Any other.
    Node(NodeId),
}

/// Operators with code in the evaluator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    In,
}

/// A root followed by selections and indices.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
    /// The steps of [`PathKind::Names`], and those before the first key of [`PathKind::Keys`].
    pub(crate) names: Vec<Selection>,
    /// Price of the root: one, or nothing as a branch of a conditional or as an index.
    pub(crate) root_cost: u64,
    /// Whether only the presence of the last step is asked.
    pub(crate) test: bool,
    pub(crate) kind: PathKind,
    /// What the root and all steps cost.
    pub(crate) price: u64,
    /// Where the object that the first step leads to is kept, when other paths start with the same step.
    pub(crate) stem: Option<u8>,
}

/// What a path that starts at a variable needs. Only the general walk knows errors, unknown data and computed keys;
/// it takes over wherever another finds more than it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// Names, none optional: the value at the end.
    Names,
    /// Names and constant keys, none optional: the value at the end.
    Keys,
    /// Names, none optional: whether the last is there.
    Presence,
    /// Names, some optional: the value at the end, or that there is none.
    Optional,
    General,
}

#[derive(Debug)]
pub(crate) enum Root {
    Variable(Arc<str>),
    Local(Slot),
    Node(NodeId),
    /// Unchecked: the names to try, longest first, each with the number of steps that its name covers, and a type.
    Names(Vec<(Arc<str>, usize)>, Option<Type>),
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) by: By,
    pub(crate) optional: bool,
    pub(crate) span: (u32, u32),
}

#[derive(Debug)]
pub(crate) enum By {
    Field(Arc<str>, Hint),
    Key(Value<'static>),
    Node(NodeId),
}

/// A call with the overloads that may take its arguments.
#[derive(Debug)]
pub(crate) struct CallPlan {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) args: Vec<NodeId>,
    /// Whether the arguments need no look at run time.
    pub(crate) certain: bool,
}

#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) overload: Arc<Overload>,
    pub(crate) code: crate::Implementation,
    pub(crate) cost: Cost,
}

#[derive(Debug)]
pub(crate) struct MapEntry {
    pub(crate) key: NodeId,
    /// The key, when it is constant.
    pub(crate) constant: Option<Key<'static>>,
    pub(crate) value: NodeId,
    pub(crate) optional: bool,
}

#[derive(Debug)]
pub(crate) struct FoldPlan {
    pub(crate) range: NodeId,
    pub(crate) first: Slot,
    pub(crate) second: Option<Slot>,
    pub(crate) kind: FoldKind,
    /// The predicate as a condition on the items alone.
    pub(crate) rows: Option<Rows>,
}

#[derive(Debug)]
pub(crate) enum FoldKind {
    All(NodeId),
    Exists(NodeId),
    ExistsOne(NodeId),
    List { predicate: Option<NodeId>, item: NodeId },
    Map { predicate: Option<NodeId>, value: NodeId },
    Entries { predicate: Option<NodeId>, entries: NodeId },
}

#[derive(Debug)]
pub(crate) struct LoopPlan {
    pub(crate) range: NodeId,
    pub(crate) first: Slot,
    pub(crate) second: Option<Slot>,
    pub(crate) accumulator: Slot,
    pub(crate) init: NodeId,
    pub(crate) condition: NodeId,
    pub(crate) step: NodeId,
    pub(crate) result: NodeId,
}

/// Plans a tree, checked or not.
pub(crate) fn plan(env: &Env, checked: &Checked) -> Result<Program, Vec<Issue>> {
    let mut planner = Planner {
        env,
        checked,
        nodes: Vec::with_capacity(checked.ast.len()),
        spans: Vec::with_capacity(checked.ast.len()),
        scope: Vec::new(),
        depth: 0,
        locals: 0,
        issues: Vec::new(),
    };
    let root = planner.expr(checked.ast.root());
    planner.classify_paths();
    planner.find_stems();
    planner.find_rows();
    let Planner { nodes, spans, locals, issues, .. } = planner;
    if !issues.is_empty() {
        return Err(issues);
    }
    let plan = Plan {
        text: checked.ast.text.clone(),
        result_type: checked.result_type().clone(),
        quick: quick::conditions(&nodes),
        nodes,
        spans,
        root,
        locals: locals as usize,
        fold_constants: env.options.fold_constants,
        free_presence_tests: env.options.free_presence_tests,
    };
    Ok(Program { plan: Arc::new(plan) })
}

pub(crate) struct Planner<'p> {
    env: &'p Env,
    checked: &'p Checked,
    nodes: Vec<Node>,
    spans: Vec<(u32, u32)>,
    /// Locals in scope, the innermost last.
    scope: Vec<(Name, Local)>,
    /// Locals alive here, and at most.
    depth: Slot,
    locals: Slot,
    issues: Vec<Issue>,
}

#[derive(Debug, Clone, Copy)]
enum Local {
    Value(Slot),
    Lazy(Slot, NodeId),
}

/// A constant as a value that owns its text.
fn literal(literal: &crate::Literal) -> Value<'static> {
    match literal {
        crate::Literal::Null => Value::Null,
        crate::Literal::Bool(value) => Value::Bool(*value),
        crate::Literal::Int(value) => Value::Int(*value),
        crate::Literal::Uint(value) => Value::Uint(*value),
        crate::Literal::Double(value) => Value::Double(*value),
        crate::Literal::String(text) => Value::string(text.clone()),
        crate::Literal::Bytes(bytes) => Value::bytes(bytes.clone()),
    }
}

/// The code for constant arguments, when the overload has a hook and wants one.
fn specialise(
    hook: Specialise,
    args: &[Option<&Value<'static>>],
) -> Option<Result<crate::Implementation, EvalError>> {
    hook(args).map(|prepared| prepared.map(crate::Implementation::Stateful))
}
