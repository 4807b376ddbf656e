//! The tree: an arena without boxes, so that nothing recurses to drop or to walk it by index.
use std::{fmt, ops::Deref, sync::Arc};

/// Index of an expression in its [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub(crate) u32);

impl ExprId {
    /// The index, for side tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Where an expression stands in the text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What messages point at: the operator of an operation, the parenthesis of a member call, else the start.
    pub at: u32,
}

/// A name: of the source, or one that parser and macros know.
#[derive(Debug, Clone)]
pub enum Name {
    /// Known to the parser or a macro.
    Static(&'static str),
    /// Written by the author.
    Shared(Arc<str>),
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Shared(name) => name,
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Self::Static(name)
    }
}

impl From<Arc<str>> for Name {
    fn from(name: Arc<str>) -> Self {
        Self::Shared(name)
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self::Shared(name.into())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// `12`, `0xC`, `-1`.
    Int(i64),
    /// `12u`.
    Uint(u64),
    /// `1.5`.
    Double(f64),
    /// `"text"`, escapes resolved.
    String(Arc<str>),
    /// `b"octets"`, escapes resolved.
    Bytes(Arc<[u8]>),
}

/// An expression. Operators are calls of functions such as `_+_`; `&&` and `||` chains are balanced.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Nothing readable stood here; an issue says so.
    Hole,
    /// A constant.
    Literal(Literal),
    /// A variable or a type. A leading dot, which skips the container, is part of the name.
    Ident(Name),
    /// `operand.field`, or `has(operand.field)`.
    Select {
        /// What is selected from.
        operand: ExprId,
        /// The field.
        field: Name,
        /// Whether only the presence is asked.
        test: bool,
    },
    /// `function(args)` or `target.function(args)`.
    Call {
        /// The function or operator.
        function: Name,
        /// The receiver.
        target: Option<ExprId>,
        /// The arguments.
        args: Vec<ExprId>,
    },
    /// `[a, ?b]`.
    List {
        /// The items.
        items: Vec<ExprId>,
        /// Indices of the items marked `?`, ascending.
        optional: Vec<u32>,
    },
    /// `{k: v, ?k: v}`.
    Map {
        /// The entries.
        entries: Vec<Entry>,
    },
    /// `Name{field: v}`.
    Struct {
        /// The type.
        name: Name,
        /// The fields.
        fields: Vec<Field>,
    },
    /// What a macro such as `all` becomes.
    Comprehension(Box<Comprehension>),
}

/// One entry of a map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: ExprId,
    /// The value.
    pub value: ExprId,
    /// Marked `?`.
    pub optional: bool,
    /// The colon.
    pub at: u32,
}

/// One field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: ExprId,
    /// Marked `?`.
    pub optional: bool,
    /// The colon.
    pub at: u32,
}

/// A fold over a list or map.
#[derive(Debug, Clone, PartialEq)]
pub struct Comprehension {
    /// What is iterated over.
    pub range: ExprId,
    /// The item, or the index or key when there is a second variable.
    pub variable: Name,
    /// The item or value.
    pub variable2: Option<Name>,
    /// The accumulator.
    pub accumulator: Name,
    /// Its first value.
    pub init: ExprId,
    /// Whether to go on.
    pub condition: ExprId,
    /// Its next value.
    pub step: ExprId,
    /// The value of the whole.
    pub result: ExprId,
    /// Which macro this is, for planning; other forms are [`Fold::General`].
    pub fold: Fold,
}

/// Comprehensions the planner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Anything else: planned from its parts.
    General,
    /// `all(x, predicate)`.
    All {
        /// The predicate.
        predicate: ExprId,
    },
    /// `exists(x, predicate)`.
    Exists {
        /// The predicate.
        predicate: ExprId,
    },
    /// `exists_one(x, predicate)`.
    ExistsOne {
        /// The predicate.
        predicate: ExprId,
    },
    /// `map(x, item)`, `filter(x, predicate)`, `map(x, predicate, item)`, `transformList(..)`.
    List {
        /// Which items are taken; all without one.
        predicate: Option<ExprId>,
        /// The new item.
        item: ExprId,
    },
    /// `transformMap(k, v, value)`.
    Map {
        /// Which entries are taken; all without one.
        predicate: Option<ExprId>,
        /// The new value.
        value: ExprId,
    },
    /// `transformMapEntry(k, v, {key: value})`.
    Entries {
        /// Which entries are taken; all without one.
        predicate: Option<ExprId>,
        /// The new entries.
        entries: ExprId,
    },
    /// `cel.bind(x, init, body)`.
    Bind {
        /// The body.
        body: ExprId,
    },
}

/// A parsed expression with the text it came from.
#[derive(Debug, Clone)]
pub struct Ast {
    pub(crate) text: Arc<str>,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) spans: Vec<Span>,
    pub(crate) root: ExprId,
    /// For each expanded macro: the call as it was written.
    pub(crate) macro_calls: Vec<(ExprId, ExprId)>,
}

impl Ast {
    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole expression.
    pub fn root(&self) -> ExprId {
        self.root
    }

    /// An expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    /// Where an expression stands.
    pub fn span(&self, id: ExprId) -> Span {
        self.spans[id.index()]
    }

    /// Number of expressions, for side tables.
    pub fn len(&self) -> usize {
        self.exprs.len()
    }

    /// Whether there is no expression; never the case for a parsed text.
    pub fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    /// The macro call that `id` was expanded from, as it was written.
    pub fn macro_call(&self, id: ExprId) -> Option<ExprId> {
        self.macro_calls.iter().find(|(expanded, _)| *expanded == id).map(|(_, call)| *call)
    }

    /// The dotted name that an identifier or a chain of selections spells; `None` for anything else.
    pub fn qualified_name(&self, id: ExprId) -> Option<String> {
        match self.expr(id) {
            Expr::Ident(name) => Some(name.to_string()),
            Expr::Select { operand, field, test: false } => {
                let mut name = self.qualified_name(*operand)?;
                name.push('.');
                name.push_str(field);
                Some(name)
            }
            _ => None,
        }
    }
}

impl Ast {
    pub(crate) fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = ExprId(self.exprs.len() as u32);
        self.exprs.push(expr);
        self.spans.push(span);
        id
    }

    /// The expressions directly below `id`, in the order they are written.
    pub fn children(&self, id: ExprId) -> Vec<ExprId> {
        match self.expr(id) {
            Expr::Hole | Expr::Literal(_) | Expr::Ident(_) => Vec::new(),
            Expr::Select { operand, .. } => vec![*operand],
            Expr::Call { target, args, .. } => target.iter().chain(args).copied().collect(),
            Expr::List { items, .. } => items.clone(),
            Expr::Map { entries } => entries.iter().flat_map(|entry| [entry.key, entry.value]).collect(),
            Expr::Struct { fields, .. } => fields.iter().map(|field| field.value).collect(),
            Expr::Comprehension(fold) => vec![fold.range, fold.init, fold.condition, fold.step, fold.result],
        }
    }

    /// A copy of the tree at `id`. The copy of a comprehension is planned from its parts.
    pub(crate) fn copy(&mut self, id: ExprId) -> ExprId {
        let span = self.span(id);
        let mut expr = self.expr(id).clone();
        match &mut expr {
            Expr::Hole | Expr::Literal(_) | Expr::Ident(_) => {}
            Expr::Select { operand, .. } => *operand = self.copy(*operand),
            Expr::Call { target, args, .. } => {
                for id in target.iter_mut().chain(args) {
                    *id = self.copy(*id);
                }
            }
            Expr::List { items, .. } => {
                for id in items {
                    *id = self.copy(*id);
                }
            }
            Expr::Map { entries } => {
                for entry in entries {
                    entry.key = self.copy(entry.key);
                    entry.value = self.copy(entry.value);
                }
            }
            Expr::Struct { fields, .. } => {
                for field in fields {
                    field.value = self.copy(field.value);
                }
            }
            Expr::Comprehension(fold) => {
                fold.range = self.copy(fold.range);
                fold.init = self.copy(fold.init);
                fold.condition = self.copy(fold.condition);
                fold.step = self.copy(fold.step);
                fold.result = self.copy(fold.result);
                fold.fold = Fold::General;
            }
        }
        self.push(expr, span)
    }
}
