//! The parser: precedence climbing over tokens into the arena, macros expanded as their calls close. It goes on behind
//! an error with a hole, and reports in ANTLR's and cel-go's words.
use super::{
    Ast, Entry, Expansion, Expr, ExprId, Field, Literal, Macro, Name, Span,
    lexer::{self, Lexeme, Token},
    literal,
};
use crate::{Issue, Options, Stage};
use std::ops::Range;

mod expect;
mod member;

/// Height of the tree behind the expansion of macros. Checker, planner and evaluator recurse this deep.
const MAX_HEIGHT: u16 = 400;
/// Number of expressions behind the expansion of macros.
const MAX_NODES: usize = 1 << 20;
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
        issues.whole(format!(
            "expression code point size exceeds limit: size: {}, limit {limit}",
            text.chars().count()
        ));
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
    let root = parser.expression();
    parser.end();
    let mut ast = parser.ast;
    ast.root = root;
    (ast, parser.issues.sorted(text))
}

/// Collected issues.
#[derive(Debug, Default)]
pub(super) struct Issues(Vec<Issue>);

impl Issues {
    pub(super) fn push(&mut self, span: Range<u32>, at: u32, message: impl Into<String>) {
        if self.0.len() < MAX_ISSUES {
            self.0.push(Issue::new(Stage::Parse, span, at, message));
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    fn whole(&mut self, message: String) {
        let issue = Issue { at: None, ..Issue::new(Stage::Parse, 0..0, 0, message) };
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
    fn expression(&mut self) -> ExprId {
        self.nesting += 1;
        if self.nesting > self.options.max_depth {
            self.stop(format!("expression recursion limit exceeded: {}", self.options.max_depth));
        }
        let id = if self.stopped { self.hole() } else { self.conditional() };
        self.nesting -= 1;
        id
    }

    fn conditional(&mut self) -> ExprId {
        let condition = self.operation(1);
        let question = self.lexeme();
        if !self.take(Token::Question) {
            return condition;
        }
        let yes = self.operation(1);
        self.expect(Token::Colon, "':'");
        let no = self.expression();
        self.call("_?_:_", None, vec![condition, yes, no], question.start, condition, no)
    }

    /// Binary operators that bind at least as tight as `least`.
    fn operation(&mut self, least: u8) -> ExprId {
        let mut left = self.unary();
        while let Some((binding, function)) = binary(self.token()) {
            if binding < least || self.stopped {
                break;
            }
            if binding <= 2 {
                left = self.logic(left, binding, function);
                continue;
            }
            let operator = self.advance();
            let right = self.operation(binding + 1);
            left = self.call(function, None, vec![left, right], operator.start, left, right);
        }
        left
    }

    /// A chain of one logical operator, balanced so that long chains stay shallow.
    fn logic(&mut self, first: ExprId, binding: u8, function: &'static str) -> ExprId {
        let mut operands = vec![first];
        let mut operators = Vec::new();
        while binary(self.token()).is_some_and(|(other, _)| other == binding) && !self.stopped {
            operators.push(self.advance().start);
            operands.push(self.operation(binding + 1));
        }
        self.balance(function, &operands, &operators)
    }

    fn balance(&mut self, function: &'static str, operands: &[ExprId], operators: &[u32]) -> ExprId {
        let [left, right] = if operands.len() == 1 {
            return operands[0];
        } else {
            let middle = operators.len() / 2;
            let (left, right) = operands.split_at(middle + 1);
            let (before, after) = (&operators[..middle], &operators[middle + 1..]);
            [self.balance(function, left, before), self.balance(function, right, after)]
        };
        self.call(function, None, vec![left, right], operators[operators.len() / 2], left, right)
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
            self.report("Syntax error: no viable alternative at input '-'".to_owned());
            self.recovering = false;
        }
        let operand = self.member();
        if count.is_multiple_of(2) {
            return operand;
        }
        let end = self.ast.span(operand).end;
        self.push(
            Expr::Call { function: function.into(), target: None, args: vec![operand] },
            Span { start: sign.start, end, at: sign.start },
        )
    }

    fn at_negative_number(&self) -> bool {
        matches!(self.peek(1), Token::Int | Token::Float)
    }

    /// A call that spans from `first` to `last`.
    fn call(
        &mut self,
        function: &'static str,
        target: Option<ExprId>,
        args: Vec<ExprId>,
        at: u32,
        first: ExprId,
        last: ExprId,
    ) -> ExprId {
        let span = Span { start: self.ast.span(first).start, end: self.ast.span(last).end, at };
        self.push(Expr::Call { function: Name::Static(function), target, args }, span)
    }

    /// Adds an expression whose children are there already, and enforces the limits.
    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let id = self.ast.push(expr, span);
        self.measure();
        if self.ast.len() > MAX_NODES {
            self.stop("expression is too large".to_owned());
        }
        id
    }

    /// Measures the expressions added since the last time; macros add several at once.
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
                    entries.iter().flat_map(|entry| [entry.key, entry.value]).for_each(child)
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
                self.stop("max recursion depth exceeded".to_owned());
            }
        }
    }

    fn hole(&mut self) -> ExprId {
        let at = self.lexeme().start;
        self.push(Expr::Hole, Span { start: at, end: at, at })
    }

    /// Reports a passed limit and reads no further.
    fn stop(&mut self, message: String) {
        if !self.stopped {
            self.stopped = true;
            self.issues.whole(message);
        }
        self.recovering = true;
        self.at = self.lexemes.len() - 1;
    }
}

fn is_operator(function: &str) -> bool {
    function.starts_with('_') || function == "@in"
}
