//! Primaries and what follows them: selections, calls, indices; list, map and struct literals.
use super::{Entry, Expansion, Expr, ExprId, Field, Literal, Name, Parser, Span, Token, expect, literal};
use crate::Mistake;

/// Words that are not identifiers, though they may name a field.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

impl Parser<'_> {
    /// A primary with its selections, calls and indices.
    pub(super) fn member(&mut self) -> ExprId {
        let start = self.lexeme().start;
        let mut id = self.primary();
        while !self.stopped {
            id = match self.token() {
                Token::Dot => self.select(id, start),
                Token::LeftBracket => self.index(id, start),
                _ => break,
            };
        }
        id
    }

    #[inline(never)]
    fn select(&mut self, operand: ExprId, start: u32) -> ExprId {
        let dot = self.advance();
        let optional = self.take(Token::Question);
        if optional && !self.options.optional_syntax {
            self.unsupported(dot.start, "unsupported syntax '.?'");
        }
        let lexeme = self.lexeme();
        let field = match lexeme.token {
            Token::Ident => self.source(lexeme).to_owned(),
            Token::QuotedIdent => {
                if !self.options.quoted_fields {
                    self.unsupported(lexeme.start, "unsupported syntax: '`'");
                }
                self.source(lexeme).trim_matches('`').to_owned()
            }
            _ => {
                let found = self.source(lexeme);
                let question = if optional { "?" } else { "" };
                self.report(Mistake::NoName(format!(".{question}{found}")));
                if lexeme.token != Token::End && !is_closing(lexeme.token) {
                    self.at += 1;
                }
                let span = Span { start, end: self.last_end(), at: dot.start };
                return self.push(Expr::Select { operand, field: "".into(), test: false }, span);
            }
        };
        self.advance();
        if lexeme.token == Token::Ident && !optional && self.token() == Token::LeftParen {
            return self.arguments(Some(operand), Name::from(field), start);
        }
        let span = Span { start, end: lexeme.end, at: dot.start };
        if optional {
            let literal = Literal::String(field.into());
            let at = Span { start: lexeme.start, end: lexeme.end, at: lexeme.start };
            let field = self.push(Expr::Literal(literal), at);
            return self.push(
                Expr::Call { function: "_?._".into(), target: None, args: vec![operand, field] },
                span,
            );
        }
        self.push(Expr::Select { operand, field: field.into(), test: false }, span)
    }

    #[inline(never)]
    fn index(&mut self, operand: ExprId, start: u32) -> ExprId {
        let bracket = self.advance();
        let optional = self.take(Token::Question);
        if optional && !self.options.optional_syntax {
            self.unsupported(bracket.start, "unsupported syntax '[?'");
        }
        let index = self.expression();
        self.expect(Token::RightBracket, "']'");
        let function = if optional { "_[?_]" } else { "_[_]" };
        let span = Span { start, end: self.last_end(), at: bracket.start };
        self.push(Expr::Call { function: function.into(), target: None, args: vec![operand, index] }, span)
    }

    fn primary(&mut self) -> ExprId {
        if !self.sync(expect::starts_expression, expect::EXPRESSION) {
            return self.hole();
        }
        let lexeme = self.lexeme();
        match lexeme.token {
            Token::LeftParen => {
                self.advance();
                let id = self.expression();
                self.expect(Token::RightParen, "')'");
                id
            }
            Token::LeftBracket => self.list(),
            Token::LeftBrace => self.map(),
            Token::Dot | Token::Ident => self.name(),
            Token::Minus => {
                self.advance();
                self.literal(lexeme.start, true)
            }
            // A sign that follows a skipped token.
            Token::Bang => self.unary(),
            _ => self.literal(lexeme.start, false),
        }
    }

    #[inline(never)]
    fn literal(&mut self, start: u32, negative: bool) -> ExprId {
        let lexeme = self.advance();
        let span = Span { start, end: lexeme.end, at: start };
        match literal::value(lexeme.token, self.source(lexeme), negative) {
            Ok(value) => self.push(Expr::Literal(value), span),
            Err(kind) => {
                self.issues.push(start..lexeme.end, start, Mistake::Literal(kind));
                self.push(Expr::Hole, span)
            }
        }
    }

    /// An identifier, a call, or a struct literal with a dotted type name.
    #[inline(never)]
    fn name(&mut self) -> ExprId {
        let start = self.lexeme().start;
        let absolute = self.take(Token::Dot);
        let lexeme = self.lexeme();
        if lexeme.token != Token::Ident {
            let found = self.source(lexeme);
            self.report(Mistake::NoName(format!(".{found}")));
            return self.hole();
        }
        self.advance();
        let word = self.source(lexeme);
        let mut name = if absolute { format!(".{word}") } else { word.to_owned() };
        if let Some(length) = self.struct_name() {
            for _ in 0..length {
                let part = self.advance();
                name.push_str(self.source(part));
            }
            return self.structure(name.into(), start);
        }
        if RESERVED.contains(&self.source(lexeme)) {
            let mistake = Mistake::Reserved(self.source(lexeme).to_owned());
            self.issues.push(lexeme.start..lexeme.end, lexeme.start, mistake);
            if self.token() != Token::LeftParen {
                return self.push(Expr::Hole, Span { start, end: lexeme.end, at: start });
            }
        }
        if self.token() == Token::LeftParen {
            return self.arguments(None, name.into(), start);
        }
        self.push(Expr::Ident(name.into()), Span { start, end: lexeme.end, at: start })
    }

    /// Whether `(.name)* {` follows; the number of tokens in front of the brace.
    fn struct_name(&self) -> Option<usize> {
        let mut ahead = 0;
        while self.peek(ahead) == Token::Dot && self.peek(ahead + 1) == Token::Ident {
            ahead += 2;
        }
        (self.peek(ahead) == Token::LeftBrace).then_some(ahead)
    }

    /// The arguments of a call, from its parenthesis, and the macro of this name.
    #[inline(never)]
    fn arguments(&mut self, target: Option<ExprId>, function: Name, start: u32) -> ExprId {
        let paren = self.advance();
        let mut args = Vec::new();
        if self.token() != Token::RightParen {
            loop {
                args.push(self.expression());
                if self.stopped || !self.take(Token::Comma) {
                    break;
                }
            }
        }
        self.expect(Token::RightParen, "')'");
        let span = Span { start, end: self.last_end(), at: paren.start };
        self.expand(target, function, args, span)
    }

    #[inline(never)]
    fn expand(&mut self, target: Option<ExprId>, function: Name, args: Vec<ExprId>, span: Span) -> ExprId {
        let candidates =
            || self.macros.iter().filter(|m| m.function == &*function && m.member == target.is_some());
        let found = candidates()
            .find(|m| m.arguments == Some(args.len()))
            .or_else(|| candidates().find(|m| m.arguments.is_none()))
            .copied();
        let Some(found) = found.filter(|_| !self.stopped) else {
            return self.push(Expr::Call { function, target, args }, span);
        };
        let mut expansion = Expansion { ast: &mut self.ast, target, args, span };
        let result = (found.expand)(&mut expansion);
        let args = expansion.args;
        self.measure();
        match result {
            Ok(None) => self.push(Expr::Call { function, target, args }, span),
            Ok(Some(expanded)) => {
                let call = self.push(Expr::Call { function, target, args }, span);
                self.ast.macro_calls.push((expanded, call));
                expanded
            }
            Err(error) => {
                let place = error.at.map_or(span, |id| self.ast.span(id));
                self.issues.push(place.start..place.end, place.at, error.mistake);
                self.push(Expr::Hole, span)
            }
        }
    }

    #[inline(never)]
    fn list(&mut self) -> ExprId {
        let bracket = self.advance();
        let (mut items, mut optional) = (Vec::new(), Vec::new());
        while self.token() != Token::RightBracket && !self.stopped {
            if self.mark() {
                optional.push(items.len() as u32);
            }
            items.push(self.expression());
            if !self.take(Token::Comma) {
                break;
            }
        }
        self.expect(Token::RightBracket, "']'");
        let span = Span { start: bracket.start, end: self.last_end(), at: bracket.start };
        self.push(Expr::List { items, optional }, span)
    }

    #[inline(never)]
    fn map(&mut self) -> ExprId {
        let brace = self.advance();
        let mut entries = Vec::new();
        let fits = |token| {
            matches!(token, Token::RightBrace | Token::Question | Token::Comma)
                || expect::starts_expression(token)
        };
        while self.sync(fits, expect::MAP_ENTRY) && !matches!(self.token(), Token::RightBrace | Token::Comma)
        {
            let optional = self.mark();
            let reported = self.issues.len();
            let key = self.expression();
            let at = self.lexeme().start;
            let value = self.value();
            self.forget_behind_mark(optional, reported);
            entries.push(Entry { key, value, optional, at });
            if !self.take(Token::Comma) {
                break;
            }
        }
        self.close_brace();
        let span = Span { start: brace.start, end: self.last_end(), at: brace.start };
        self.push(Expr::Map { entries }, span)
    }

    #[inline(never)]
    fn structure(&mut self, name: Name, start: u32) -> ExprId {
        let brace = self.advance();
        let mut fields = Vec::new();
        let fits = |token| {
            matches!(
                token,
                Token::RightBrace | Token::Comma | Token::Question | Token::Ident | Token::QuotedIdent
            )
        };
        loop {
            if !self.sync(fits, expect::FIELD) {
                // Nothing behind can be told apart from fields: read no further.
                self.at = self.lexemes.len() - 1;
                break;
            }
            if matches!(self.token(), Token::RightBrace | Token::Comma) {
                break;
            }
            let optional = self.mark();
            let lexeme = self.lexeme();
            match lexeme.token {
                Token::QuotedIdent if !self.options.quoted_fields => {
                    self.unsupported(lexeme.start, "unsupported syntax: '`'");
                }
                Token::QuotedIdent | Token::Ident => {}
                _ => {
                    self.complain(false, expect::FIELD_NAME);
                    break;
                }
            }
            let field = self.source(lexeme).trim_matches('`').to_owned();
            self.advance();
            let reported = self.issues.len();
            let at = self.lexeme().start;
            let value = self.value();
            self.forget_behind_mark(optional, reported);
            fields.push(Field { name: field.into(), value, optional, at });
            if !self.take(Token::Comma) {
                break;
            }
        }
        self.close_brace();
        let span = Span { start, end: self.last_end(), at: brace.start };
        self.push(Expr::Struct { name, fields }, span)
    }

    /// The value behind a colon; a hole when there is no colon.
    fn value(&mut self) -> ExprId {
        self.expect(Token::Colon, "':'");
        if self.recovering { self.hole() } else { self.expression() }
    }

    fn close_brace(&mut self) {
        self.take(Token::Comma);
        self.expect(Token::RightBrace, "'}'");
    }

    /// Whether an entry is marked optional.
    fn mark(&mut self) -> bool {
        let lexeme = self.lexeme();
        let marked = self.take(Token::Question);
        if marked && !self.options.optional_syntax {
            self.unsupported(lexeme.start, "unsupported syntax '?'");
        }
        marked
    }

    /// cel-go does not look at an entry whose mark it refuses.
    fn forget_behind_mark(&mut self, optional: bool, reported: usize) {
        if optional && !self.options.optional_syntax {
            self.issues.truncate(reported);
        }
    }

    fn unsupported(&mut self, at: u32, message: &str) {
        self.issues.push(at..at + 1, at, message);
    }
}

fn is_closing(token: Token) -> bool {
    matches!(token, Token::RightBracket | Token::RightBrace | Token::RightParen | Token::Comma)
}
