//! Moving over tokens, and what to say when the next one does not fit. The words and the choice between `extraneous`
//! (one token too many) and `mismatched` are ANTLR's.
use super::{Lexeme, Parser, Token};
use crate::{Expected, Mistake};

/// What may start an expression, as ANTLR lists it.
pub(super) const EXPRESSION: Expected = Expected::OneOf(
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
);
/// The same within the braces of a map.
pub(super) const MAP_ENTRY: Expected = Expected::OneOf(
    "{'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
);
/// What may stand within the braces of a struct.
pub(super) const FIELD: Expected = Expected::OneOf("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}");
/// The name of a field of a struct.
pub(super) const FIELD_NAME: Expected = Expected::OneOf("{IDENTIFIER, ESC_IDENTIFIER}");

pub(super) fn starts_expression(token: Token) -> bool {
    matches!(
        token,
        Token::LeftBracket
            | Token::LeftBrace
            | Token::LeftParen
            | Token::Dot
            | Token::Minus
            | Token::Bang
            | Token::True
            | Token::False
            | Token::Null
            | Token::Float
            | Token::Int
            | Token::Uint
            | Token::String
            | Token::Bytes
            | Token::Ident
    )
}

impl Parser<'_> {
    pub(super) fn lexeme(&self) -> Lexeme {
        self.lexemes[self.at]
    }

    pub(super) fn token(&self) -> Token {
        self.lexeme().token
    }

    pub(super) fn peek(&self, ahead: usize) -> Token {
        self.lexemes.get(self.at + ahead).map_or(Token::End, |lexeme| lexeme.token)
    }

    pub(super) fn source(&self, lexeme: Lexeme) -> &str {
        &self.text[lexeme.start as usize..lexeme.end as usize]
    }

    /// End of the last token that was read.
    pub(super) fn last_end(&self) -> u32 {
        self.at.checked_sub(1).map_or(0, |before| self.lexemes[before].end)
    }

    pub(super) fn advance(&mut self) -> Lexeme {
        let lexeme = self.lexeme();
        if lexeme.token != Token::End {
            self.at += 1;
        }
        self.recovering = false;
        lexeme
    }

    pub(super) fn take(&mut self, token: Token) -> bool {
        let found = self.token() == token;
        if found {
            self.advance();
        }
        found
    }

    /// Reads `token`, or reports that it is not there; one token in front of it is skipped.
    #[inline(never)]
    pub(super) fn expect(&mut self, token: Token, name: &'static str) {
        if self.take(token) || self.stopped {
            return;
        }
        if self.peek(1) == token && self.token() != Token::End {
            self.complain(true, Expected::Token(name));
            self.at += 1;
            self.advance();
        } else {
            self.complain(false, Expected::Token(name));
        }
    }

    /// Makes sure that the next token fits; skips one that does not when the one behind it does. False without a fit.
    #[inline(never)]
    pub(super) fn sync(&mut self, fits: impl Fn(Token) -> bool, expected: Expected) -> bool {
        if fits(self.token()) {
            return true;
        }
        if self.stopped {
            return false;
        }
        if self.token() != Token::End && fits(self.peek(1)) {
            self.complain(true, expected);
            self.at += 1;
            self.recovering = false;
            return true;
        }
        self.complain(false, expected);
        false
    }

    #[inline(never)]
    pub(super) fn complain(&mut self, extraneous: bool, expected: Expected) {
        let lexeme = self.lexeme();
        let found = (lexeme.token != Token::End).then(|| self.source(lexeme).to_owned());
        self.report(Mistake::Unexpected { found, expected, extraneous });
    }

    /// Reports at the next token, unless this only follows from an earlier report.
    #[inline(never)]
    pub(super) fn report(&mut self, mistake: Mistake) {
        if !self.recovering {
            let lexeme = self.lexeme();
            self.issues.push(lexeme.start..lexeme.end, lexeme.start, mistake);
            self.recovering = true;
        }
    }

    /// Nothing may follow the expression.
    pub(super) fn end(&mut self) {
        if self.token() == Token::End || self.stopped {
            return;
        }
        self.complain(self.peek(1) == Token::End, Expected::End);
    }
}
