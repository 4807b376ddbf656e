//! The parser: precedence climbing over tokens into the arena, macros expanded as their calls close. It goes on behind
//! an error with a hole, and reports in ANTLR's and cel-go's words.
use super::{
    Ast, Entry, Expansion, Expr, ExprId, Field, Literal, Macro, Name, Span,
    lexer::{self, Lexeme, Token},
    literal,
};
use crate::{Issue, Mistake, Options, Stage};
use std::ops::Range;

mod expect;
mod member;

/// Height of the tree behind the expansion of macros. Checker, planner and evaluator recurse this deep.
const MAX_HEIGHT: u16 = 300;
/// Number of expressions behind the expansion of macros: each `optMap` in a chain doubles what stands in front of it.
const MAX_NODES: usize = 1 << 18;
/// Number of issues reported.
const MAX_ISSUES: usize = 100;

/// Parses `text`. The tree always has a root.
pub(crate) fn parse(text: &str, macros: &[Macro], options: Options) -> (Ast, Vec<Issue>) {
    let mut ast = Ast {
        text: "".into(),
        exprs: Vec::new(),
        spans: Vec::new(),
        root: ExprId(0),
        macro_calls: Vec::new(),
    };
    let mut issues = Issues::default();
    let limit = options.max_code_points as usize;
    if text.len() > limit && text.chars().nth(limit).is_some() {
        let size = text.chars().count();
        let message = format!("expression code point size exceeds limit: size: {size}, limit {limit}");
        issues.whole(message.into());
        ast.root = ast.push(Expr::Hole, Span::default());
        return (ast, issues.sorted(text));
    }
    ast.text = text.into();
    let lexemes = lexer::tokens(text, &mut issues);
    ast.exprs.reserve(lexemes.len());
    ast.spans.reserve(lexemes.len());
    let mut parser = Parser {
        text,
        lexemes,
        at: 0,
        ast,
        macros: if options.macros { macros } else { &[] },
        options,
        issues,
        recovering: false,
        nesting: 0,
        levels: Vec::new(),
        stopped: false,
    };
    let mut root = parser.expression();
    parser.end();
    if parser.stopped {
        // What was read may be too high a tree for anyone to walk.
        root = parser.ast.push(Expr::Hole, Span::default());
    }
    let mut ast = parser.ast;
    ast.root = root;
    (ast, parser.issues.sorted(text))
}

/// Collected issues.
#[derive(Debug, Default)]
pub(super) struct Issues(Vec<Issue>);

impl Issues {
    #[inline(never)]
    pub(super) fn push(&mut self, span: Range<u32>, at: u32, mistake: impl Into<Mistake>) {
        if self.0.len() < MAX_ISSUES {
            self.0.push(Issue::new(Stage::Parse, span, at, mistake));
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn whole(&mut self, mistake: Mistake) {
        let issue = Issue { at: None, ..Issue::new(Stage::Parse, 0..0, 0, mistake) };
        self.0.push(issue);
    }

    /// In the order of the text; issues about the whole text first.
    fn sorted(mut self, text: &str) -> Vec<Issue> {
        self.0.sort_by_key(|issue| issue.at);
        for issue in &mut self.0 {
            issue.span.end = issue.span.end.min(text.len() as u32);
        }
        self.0
    }
}

struct Parser<'t> {
    text: &'t str,
    lexemes: Vec<Lexeme>,
    at: usize,
    ast: Ast,
    macros: &'t [Macro],
    options: Options,
    issues: Issues,
    /// Between an error and the next token that fits: follow-up errors are not reported.
    recovering: bool,
    /// How many expressions we are inside of.
    nesting: u32,
    /// By expression: cel-go's depth and the real height.
    levels: Vec<(u16, u16)>,
    /// A limit was passed; nothing more is read.
    stopped: bool,
}

/// An operand with the start and end of its text, parentheses included.
type Operand = (ExprId, u32, u32);

/// An operator that waits for what follows its right operand.
#[derive(Debug, Clone, Copy)]
struct Pending {
    binding: u8,
    function: &'static str,
    at: u32,
}

/// The binding of `&&`; `||` binds looser, everything else tighter.
const LOGIC: u8 = 2;

/// How tight a binary operator binds, and its function. `In` also reads as an operator.
fn binary(token: Token) -> Option<(u8, &'static str)> {
    Some(match token {
        Token::Or => (1, "_||_"),
        Token::And => (2, "_&&_"),
        Token::Equal => (3, "_==_"),
        Token::NotEqual => (3, "_!=_"),
        Token::Less => (3, "_<_"),
        Token::LessEqual => (3, "_<=_"),
        Token::Greater => (3, "_>_"),
        Token::GreaterEqual => (3, "_>=_"),
        Token::In => (3, "@in"),
        Token::Plus => (4, "_+_"),
        Token::Minus => (4, "_-_"),
        Token::Star => (5, "_*_"),
        Token::Slash => (5, "_/_"),
        Token::Percent => (5, "_%_"),
        _ => return None,
    })
}

impl Parser<'_> {
    /// A whole expression: a condition with its branches, or anything tighter.
    ///
    /// Operators wait on a stack of their own, so that one level of nesting takes few frames of the machine's.
    fn expression(&mut self) -> ExprId {
        self.nesting += 1;
        if self.nesting > self.options.max_depth {
            self.stop_nesting();
        }
        let start = self.lexeme().start;
        let mut id = self.operation();
        let question = self.lexeme();
        if self.take(Token::Question) {
            let yes = self.operation();
            self.expect(Token::Colon, "':'");
            let no = self.expression();
            id = self.call("_?_:_", vec![id, yes, no], (start, self.last_end(), question.start));
        }
        self.nesting -= 1;
        id
    }

    /// Operands and binary operators, combined by how tight they bind.
    fn operation(&mut self) -> ExprId {
        let start = self.lexeme().start;
        let first = self.unary();
        let Some(mut operator) = binary(self.token()) else { return first };
        let mut operands: Vec<Operand> = vec![(first, start, self.last_end())];
        let mut pending: Vec<Pending> = Vec::new();
        while !self.stopped {
            let (binding, function) = operator;
            // A chain of one logical operator waits until it is complete.
            let waits = |top: &Pending| top.binding < binding || (binding <= LOGIC && top.binding == binding);
            while pending.last().is_some_and(|top| !waits(top)) {
                self.reduce(&mut operands, &mut pending);
            }
            pending.push(Pending { binding, function, at: self.advance().start });
            let start = self.lexeme().start;
            let operand = self.unary();
            operands.push((operand, start, self.last_end()));
            match binary(self.token()) {
                Some(next) => operator = next,
                None => break,
            }
        }
        while !pending.is_empty() {
            self.reduce(&mut operands, &mut pending);
        }
        operands.pop().map_or(first, |(id, ..)| id)
    }

    /// Combines the operands of the last operator, or of the whole chain when it is a logical one.
    #[inline(never)]
    fn reduce(&mut self, operands: &mut Vec<Operand>, pending: &mut Vec<Pending>) {
        let Some(&Pending { binding, function, .. }) = pending.last() else { return };
        let chain = pending
            .iter()
            .rev()
            .take_while(|other| binding <= LOGIC && other.binding == binding)
            .count()
            .max(1);
        let operators: Vec<u32> = pending.drain(pending.len() - chain..).map(|pending| pending.at).collect();
        let operands_start = operands.len().saturating_sub(chain + 1);
        let parts: Vec<Operand> = operands.drain(operands_start..).collect();
        let id = self.balance(function, &parts, &operators);
        if let [(_, start, _), .., (_, _, end)] = parts[..] {
            operands.push((id, start, end));
        }
    }

    /// The operands of a chain as a tree of little height.
    fn balance(&mut self, function: &'static str, operands: &[Operand], operators: &[u32]) -> ExprId {
        let (first, last) = match operands {
            [] => return self.hole(),
            [(operand, ..)] => return *operand,
            [(_, start, _), .., (_, _, end)] => (*start, *end),
        };
        let middle = operators.len() / 2;
        let (left, right) = operands.split_at(middle + 1);
        let (before, after) = (&operators[..middle], &operators[middle + 1..]);
        let args = vec![self.balance(function, left, before), self.balance(function, right, after)];
        self.call(function, args, (first, last, operators[middle]))
    }

    /// `!` and `-`; pairs of the same sign cancel.
    fn unary(&mut self) -> ExprId {
        let sign = self.lexeme();
        let function = match sign.token {
            Token::Bang => "!_",
            Token::Minus if !self.at_negative_number() => "-_",
            _ => return self.member(),
        };
        let mut count = 0u32;
        while self.take(sign.token) {
            count += 1;
        }
        if sign.token == Token::Minus && self.token() == Token::End {
            // ANTLR gives up on the sign first, and then on what should follow it.
            self.report(Mistake::NoName("-".to_owned()));
            self.recovering = false;
        }
        let operand = self.member();
        if count.is_multiple_of(2) {
            return operand;
        }
        self.call(function, vec![operand], (sign.start, self.last_end(), sign.start))
    }

    fn at_negative_number(&self) -> bool {
        matches!(self.peek(1), Token::Int | Token::Float)
    }

    /// An operator call with its start, end and operator.
    #[inline(never)]
    fn call(
        &mut self,
        function: &'static str,
        args: Vec<ExprId>,
        (start, end, at): (u32, u32, u32),
    ) -> ExprId {
        self.push(
            Expr::Call { function: Name::Static(function), target: None, args },
            Span { start, end, at },
        )
    }

    /// Adds an expression whose children are there already, and enforces the limits.
    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = self.ast.push(expr, span);
        self.measure();
        if self.ast.len() > MAX_NODES {
            self.stop("expression is too large".into());
        }
        id
    }

    /// Measures the expressions added since the last time; macros add several at once.
    #[inline(never)]
    fn measure(&mut self) {
        while self.levels.len() < self.ast.len() {
            let expr = &self.ast.exprs[self.levels.len()];
            let (mut depth, mut height) = (0, 0);
            let mut child = |id: ExprId| {
                let (d, h) = self.levels.get(id.index()).copied().unwrap_or_default();
                (depth, height) = (u16::max(depth, d), u16::max(height, h));
            };
            let mut step = 0;
            match expr {
                Expr::Hole | Expr::Literal(_) | Expr::Ident(_) => {}
                Expr::Select { operand, .. } => {
                    child(*operand);
                    step = 1;
                }
                Expr::Call { function, target, args } => {
                    target.iter().chain(args).copied().for_each(child);
                    step = u16::from(
                        target.is_some()
                            || !matches!(&**function, "!_" | "-_" | "_&&_" | "_||_") && is_operator(function),
                    );
                }
                Expr::List { items, .. } => items.iter().copied().for_each(child),
                Expr::Map { entries } => {
                    entries.iter().flat_map(|entry| [entry.key, entry.value]).for_each(child);
                }
                Expr::Struct { fields, .. } => fields.iter().map(|field| field.value).for_each(child),
                Expr::Comprehension(fold) => {
                    [fold.range, fold.init, fold.condition, fold.step, fold.result]
                        .into_iter()
                        .for_each(child);
                }
            }
            depth += step;
            height += 1;
            self.levels.push((depth, height));
            if u32::from(depth) > self.options.max_depth || height > MAX_HEIGHT {
                self.stop("max recursion depth exceeded".into());
            }
        }
    }

    #[inline(never)]
    fn stop_nesting(&mut self) {
        self.stop(Mistake::TooDeep(self.options.max_depth));
    }

    #[inline(never)]
    fn hole(&mut self) -> ExprId {
        let at = self.lexeme().start;
        self.push(Expr::Hole, Span { start: at, end: at, at })
    }

    /// Reports a passed limit and reads no further.
    #[inline(never)]
    fn stop(&mut self, mistake: Mistake) {
        if !self.stopped {
            self.stopped = true;
            self.issues.whole(mistake);
        }
        self.recovering = true;
        self.at = self.lexemes.len() - 1;
    }
}

fn is_operator(function: &str) -> bool {
    function.starts_with('_') || function == "@in"
}
