//! Tokens. Text that is no token is reported in ANTLR's words and skipped, as cel-go's generated lexer does.
use super::parser::Issues;
use crate::Mistake;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    End,
    Ident,
    QuotedIdent,
    Int,
    Uint,
    Float,
    String,
    Bytes,
    True,
    False,
    Null,
    In,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Bang,
    Question,
    Colon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Dot,
    Comma,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    LeftParen,
    RightParen,
}

/// A token and its bytes in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// All tokens of `text`, with [`Token::End`] last.
pub(super) fn tokens(text: &str, issues: &mut Issues) -> Vec<Lexeme> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0 };
    let mut out = Vec::with_capacity(text.len() / 3 + 2);
    loop {
        lexer.skip_blank();
        let start = lexer.at;
        if start >= lexer.bytes.len() {
            out.push(Lexeme { token: Token::End, start: start as u32, end: start as u32 });
            return out;
        }
        match lexer.token() {
            Some(token) => out.push(Lexeme { token, start: start as u32, end: lexer.at as u32 }),
            None => {
                // The character that no token goes on with is part of the complaint.
                let rest = &text[lexer.at..];
                lexer.at += rest.chars().next().map_or(0, char::len_utf8);
                let shown =
                    text[start..lexer.at].replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
                issues.push(start as u32..lexer.at as u32, start as u32, Mistake::Characters(shown));
            }
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Lexer<'_> {
    /// The next token, or `None` with the place of the character that fits no token.
    fn token(&mut self) -> Option<Token> {
        let first = self.bytes[self.at];
        let (token, length) = match (first, self.peek(1)) {
            (b'=', Some(b'=')) => (Token::Equal, 2),
            (b'!', Some(b'=')) => (Token::NotEqual, 2),
            (b'<', Some(b'=')) => (Token::LessEqual, 2),
            (b'>', Some(b'=')) => (Token::GreaterEqual, 2),
            (b'&', Some(b'&')) => (Token::And, 2),
            (b'|', Some(b'|')) => (Token::Or, 2),
            (b'=' | b'&' | b'|', _) => {
                self.at += 1;
                return None;
            }
            (b'!', _) => (Token::Bang, 1),
            (b'<', _) => (Token::Less, 1),
            (b'>', _) => (Token::Greater, 1),
            (b'?', _) => (Token::Question, 1),
            (b':', _) => (Token::Colon, 1),
            (b'+', _) => (Token::Plus, 1),
            (b'-', _) => (Token::Minus, 1),
            (b'*', _) => (Token::Star, 1),
            (b'/', _) => (Token::Slash, 1),
            (b'%', _) => (Token::Percent, 1),
            (b',', _) => (Token::Comma, 1),
            (b'[', _) => (Token::LeftBracket, 1),
            (b']', _) => (Token::RightBracket, 1),
            (b'{', _) => (Token::LeftBrace, 1),
            (b'}', _) => (Token::RightBrace, 1),
            (b'(', _) => (Token::LeftParen, 1),
            (b')', _) => (Token::RightParen, 1),
            (b'.', Some(b'0'..=b'9')) | (b'0'..=b'9', _) => return Some(self.number()),
            (b'.', _) => (Token::Dot, 1),
            (b'"' | b'\'', _) => return self.string(false).then_some(Token::String),
            (b'`', _) => return self.quoted_ident(),
            (b'a'..=b'z' | b'A'..=b'Z' | b'_', _) => return self.word(),
            _ => return None,
        };
        self.at += length;
        Some(token)
    }

    fn word(&mut self) -> Option<Token> {
        let prefix = self.bytes[self.at].to_ascii_lowercase();
        let quote = |byte: Option<u8>| matches!(byte, Some(b'"' | b'\''));
        if quote(self.peek(1)) && matches!(prefix, b'r' | b'b') {
            self.at += 1;
            let token = if prefix == b'r' { Token::String } else { Token::Bytes };
            return self.string(prefix == b'r').then_some(token);
        }
        if prefix == b'b' && matches!(self.peek(1), Some(b'r' | b'R')) && quote(self.peek(2)) {
            self.at += 2;
            return self.string(true).then_some(Token::Bytes);
        }
        let start = self.at;
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Some(match &self.text[start..self.at] {
            "true" => Token::True,
            "false" => Token::False,
            "null" => Token::Null,
            "in" => Token::In,
            _ => Token::Ident,
        })
    }

    fn number(&mut self) -> Token {
        if self.bytes[self.at] == b'0'
            && matches!(self.peek(1), Some(b'x' | b'X'))
            && self.peek(2).is_some_and(|byte| byte.is_ascii_hexdigit())
        {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_hexdigit());
            return self.integer_suffix();
        }
        let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
        let mut float = false;
        self.skip_while(|byte| byte.is_ascii_digit());
        if self.peek(0) == Some(b'.') && digit(self.peek(1)) {
            float = true;
            self.at += 1;
            self.skip_while(|byte| byte.is_ascii_digit());
        }
        if matches!(self.peek(0), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.peek(1), Some(b'+' | b'-')));
            if digit(self.peek(1 + sign)) {
                float = true;
                self.at += 1 + sign;
                self.skip_while(|byte| byte.is_ascii_digit());
            }
        }
        if float { Token::Float } else { self.integer_suffix() }
    }

    fn integer_suffix(&mut self) -> Token {
        if matches!(self.peek(0), Some(b'u' | b'U')) {
            self.at += 1;
            return Token::Uint;
        }
        Token::Int
    }

    /// Reads a string from its opening quote; false at the character that breaks it.
    fn string(&mut self, raw: bool) -> bool {
        let quote = self.bytes[self.at];
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        self.at += if triple { 3 } else { 1 };
        while let Some(byte) = self.peek(0) {
            match byte {
                byte if byte == quote && !triple => {
                    self.at += 1;
                    return true;
                }
                byte if byte == quote && self.peek(1) == Some(quote) && self.peek(2) == Some(quote) => {
                    self.at += 3;
                    return true;
                }
                b'\n' | b'\r' if !triple => return false,
                b'\\' if !raw => {
                    if !self.escape() {
                        return false;
                    }
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// Skips an escape sequence; false at the character that breaks it.
    fn escape(&mut self) -> bool {
        self.at += 1;
        let (digits, valid): (usize, fn(u8) -> bool) = match self.peek(0) {
            Some(b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'"' | b'\'' | b'\\' | b'?' | b'`') => {
                (0, |_| true)
            }
            Some(b'x' | b'X') => (2, |byte| byte.is_ascii_hexdigit()),
            Some(b'u') => (4, |byte| byte.is_ascii_hexdigit()),
            Some(b'U') => (8, |byte| byte.is_ascii_hexdigit()),
            Some(b'0'..=b'3') => (2, |byte| matches!(byte, b'0'..=b'7')),
            _ => return false,
        };
        self.at += 1;
        for _ in 0..digits {
            if !self.peek(0).is_some_and(valid) {
                return false;
            }
            self.at += 1;
        }
        true
    }

    fn quoted_ident(&mut self) -> Option<Token> {
        self.at += 1;
        let start = self.at;
        self.skip_while(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'/' | b' ')
        });
        if self.at == start || self.peek(0) != Some(b'`') {
            return None;
        }
        self.at += 1;
        Some(Token::QuotedIdent)
    }

    fn skip_blank(&mut self) {
        loop {
            self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c));
            if !self.bytes[self.at..].starts_with(b"//") {
                return;
            }
            self.skip_while(|byte| byte != b'\n');
        }
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        self.at += self.bytes[self.at..].iter().take_while(|byte| test(**byte)).count();
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }
}
