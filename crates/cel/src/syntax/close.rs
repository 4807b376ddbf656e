//! Text up to a cursor as an expression: what stands open at its end is closed.
use super::{
    lexer::{Token, tokens},
    parser::Issues,
};

/// The text with `null` where an operand is missing, and all brackets and conditionals closed.
pub(crate) fn closed(text: &str) -> String {
    let tokens = tokens(text, &mut Issues::default());
    // What is missing for each bracket and conditional, the outermost first.
    let mut open: Vec<&str> = Vec::new();
    let mut before = Token::End;
    for lexeme in &tokens {
        match lexeme.token {
            Token::LeftParen => open.push(")"),
            Token::LeftBracket => open.push("]"),
            Token::LeftBrace => open.push("}"),
            // Not the mark of an optional step, item or entry.
            Token::Question if ends_operand(before) => open.push(" : null"),
            Token::Colon if open.last() == Some(&" : null") => drop(open.pop()),
            Token::RightParen | Token::RightBracket | Token::RightBrace => {
                while open.pop() == Some(" : null") {}
            }
            _ => {}
        }
        before = if lexeme.token == Token::End { before } else { lexeme.token };
    }
    let mut closed = text.to_owned();
    if !ends_operand(before) {
        closed.push_str("null");
    }
    closed.extend(open.into_iter().rev());
    closed
}

/// Whether an operand may end with the token.
fn ends_operand(token: Token) -> bool {
    use Token::{
        Bytes, False, Float, Ident, Int, Null, QuotedIdent, RightBrace, RightBracket, RightParen, String,
        True, Uint,
    };
    matches!(
        token,
        Ident
            | QuotedIdent
            | Int
            | Uint
            | Float
            | String
            | Bytes
            | True
            | False
            | Null
            | RightBracket
            | RightBrace
            | RightParen
    )
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn closes() {
        for (text, expected) in [
            ("", "null"),
            ("a", "a"),
            ("a.all(x, ", "a.all(x, null)"),
            ("a.all(x, x.b == [1, y", "a.all(x, x.b == [1, y])"),
            ("f(a ? b", "f(a ? b : null)"),
            ("f(a ? b : ", "f(a ? b : null)"),
            ("{'k': a ? g(b)", "{'k': a ? g(b) : null}"),
            ("a.?b[?0] + (", "a.?b[?0] + (null)"),
            ("{?'k': [?a", "{?'k': [?a]}"),
            ("a) + (b", "a) + (b)"),
        ] {
            assert_eq!(closed(text), expected);
        }
    }
}
