//! From the tree back to text. Macros are written as they were called; parsing the text gives the same tree again.
use super::{Ast, Expr, ExprId, Literal};
use std::fmt::Write as _;

/// How tight the forms of expressions bind.
mod level {
    pub(super) const CONDITIONAL: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const UNARY: u8 = 6;
    pub(super) const MEMBER: u8 = 7;
}

impl Ast {
    /// The expression as text in canonical form.
    pub fn unparse(&self) -> String {
        self.unparse_at(self.root())
    }

    /// A part of the expression as text in canonical form.
    pub fn unparse_at(&self, id: ExprId) -> String {
        let mut writer = Writer { ast: self, out: String::new() };
        writer.expr(id, level::CONDITIONAL);
        writer.out
    }
}

struct Writer<'w> {
    ast: &'w Ast,
    out: String,
}

impl Writer<'_> {
    /// Writes an expression where only forms that bind at least as tight as `least` may stand bare.
    fn expr(&mut self, id: ExprId, least: u8) {
        let ast = self.ast;
        let id = ast.macro_call(id).unwrap_or(id);
        let level = self.level(id);
        if level < least {
            self.out.push('(');
            self.bare(id);
            self.out.push(')');
        } else {
            self.bare(id);
        }
    }

    fn level(&self, id: ExprId) -> u8 {
        match self.ast.expr(id) {
            Expr::Call { function, target: None, args } => match (&**function, args.len()) {
                ("_?_:_", 3) => level::CONDITIONAL,
                ("!_" | "-_", 1) => level::UNARY,
                (function, 2) => binary(function).map_or(level::MEMBER, |(level, _)| level),
                _ => level::MEMBER,
            },
            // A sign would cancel with one in front of it.
            Expr::Literal(Literal::Int(i64::MIN..0)) => level::UNARY,
            Expr::Literal(Literal::Double(value)) if value.is_sign_negative() => level::UNARY,
            _ => level::MEMBER,
        }
    }

    fn bare(&mut self, id: ExprId) {
        match self.ast.expr(id) {
            Expr::Hole => self.out.push('_'),
            Expr::Literal(literal) => self.literal(literal),
            Expr::Ident(name) => self.out.push_str(name),
            Expr::Select { operand, field, test } => {
                if *test {
                    self.out.push_str("has(");
                }
                self.expr(*operand, level::MEMBER);
                self.out.push('.');
                self.field(field);
                if *test {
                    self.out.push(')');
                }
            }
            Expr::Call { function, target, args } => self.call(function, *target, args),
            Expr::List { items, optional } => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.separate(index);
                    self.mark(optional.contains(&(index as u32)));
                    self.expr(*item, level::CONDITIONAL);
                }
                self.out.push(']');
            }
            Expr::Map { entries } => {
                self.out.push('{');
                for (index, entry) in entries.iter().enumerate() {
                    self.separate(index);
                    self.mark(entry.optional);
                    self.expr(entry.key, level::CONDITIONAL);
                    self.out.push_str(": ");
                    self.expr(entry.value, level::CONDITIONAL);
                }
                self.out.push('}');
            }
            Expr::Struct { name, fields } => {
                self.out.push_str(name);
                self.out.push('{');
                for (index, field) in fields.iter().enumerate() {
                    self.separate(index);
                    self.mark(field.optional);
                    self.field(&field.name);
                    self.out.push_str(": ");
                    self.expr(field.value, level::CONDITIONAL);
                }
                self.out.push('}');
            }
            // Made by a macro, which is written in its place.
            Expr::Comprehension(fold) => self.expr(fold.range, level::CONDITIONAL),
        }
    }

    fn call(&mut self, function: &str, target: Option<ExprId>, args: &[ExprId]) {
        match (function, target, args) {
            ("_?_:_", None, [condition, yes, no]) => {
                self.expr(*condition, level::OR);
                self.out.push_str(" ? ");
                self.expr(*yes, level::OR);
                self.out.push_str(" : ");
                self.expr(*no, level::CONDITIONAL);
            }
            ("!_" | "-_", None, [operand]) => {
                self.out.push_str(&function[..1]);
                let start = self.out.len();
                self.expr(*operand, level::MEMBER);
                // A sign in front of a number would be read as part of it.
                if function == "-_" && self.out[start..].starts_with(|c: char| c.is_ascii_digit()) {
                    self.out.insert(start, '(');
                    self.out.push(')');
                }
            }
            ("_[_]" | "_[?_]", None, [operand, index]) => {
                self.expr(*operand, level::MEMBER);
                self.out.push_str(if function == "_[_]" { "[" } else { "[?" });
                self.expr(*index, level::CONDITIONAL);
                self.out.push(']');
            }
            ("_?._", None, [operand, field]) => {
                self.expr(*operand, level::MEMBER);
                self.out.push_str(".?");
                if let Expr::Literal(Literal::String(name)) = self.ast.expr(*field) {
                    self.field(name);
                }
            }
            (function, None, [left, right]) if let Some((level, symbol)) = binary(function) => {
                let logic = matches!(level, level::OR | level::AND);
                // The parser balances a chain of logic; any other grouping needs its parentheses.
                let grouped = logic && self.terms(function, args).is_none();
                self.expr(*left, level + u8::from(grouped));
                let _ = write!(self.out, " {symbol} ");
                self.expr(*right, if logic && !grouped { level } else { level + 1 });
            }
            _ => {
                if let Some(target) = target {
                    self.expr(target, level::MEMBER);
                    self.out.push('.');
                }
                self.out.push_str(function);
                self.out.push('(');
                for (index, arg) in args.iter().enumerate() {
                    self.separate(index);
                    self.expr(*arg, level::CONDITIONAL);
                }
                self.out.push(')');
            }
        }
    }

    /// The number of terms of a chain of one logical operator that has the shape the parser gives it.
    fn terms(&self, function: &str, args: &[ExprId]) -> Option<usize> {
        let count = |id: &ExprId| match self.ast.expr(*id) {
            Expr::Call { function: inner, target: None, args } if **inner == *function => {
                self.terms(function, args)
            }
            _ => Some(1),
        };
        let [left, right] = args else { return Some(1) };
        let (left, right) = (count(left)?, count(right)?);
        (left == (left + right - 1) / 2 + 1).then_some(left + right)
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }

    fn mark(&mut self, optional: bool) {
        if optional {
            self.out.push('?');
        }
    }

    fn field(&mut self, name: &str) {
        let mut bytes = name.bytes();
        let start = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        let plain = start && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain && !matches!(name, "in" | "true" | "false" | "null") {
            self.out.push_str(name);
        } else {
            let _ = write!(self.out, "`{name}`");
        }
    }

    fn literal(&mut self, literal: &Literal) {
        let _ = match literal {
            Literal::Null => write!(self.out, "null"),
            Literal::Bool(value) => write!(self.out, "{value}"),
            Literal::Int(value) => write!(self.out, "{value}"),
            Literal::Uint(value) => write!(self.out, "{value}u"),
            Literal::Double(value) => write!(self.out, "{value:?}"),
            Literal::String(text) => {
                self.out.push('"');
                for c in text.chars() {
                    match c {
                        '"' | '\\' => self.out.extend(['\\', c]),
                        '\n' => self.out.push_str("\\n"),
                        '\r' => self.out.push_str("\\r"),
                        '\t' => self.out.push_str("\\t"),
                        c if c.is_control() => {
                            let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                        }
                        c => self.out.push(c),
                    }
                }
                write!(self.out, "\"")
            }
            Literal::Bytes(bytes) => {
                self.out.push_str("b\"");
                for byte in bytes.iter() {
                    match byte {
                        b'"' | b'\\' => self.out.extend(['\\', char::from(*byte)]),
                        b' '..=b'~' => self.out.push(char::from(*byte)),
                        byte => {
                            let _ = write!(self.out, "\\x{byte:02x}");
                        }
                    }
                }
                write!(self.out, "\"")
            }
        };
    }
}

fn binary(function: &str) -> Option<(u8, &'static str)> {
    Some(match function {
        "_||_" => (level::OR, "||"),
        "_&&_" => (level::AND, "&&"),
        "_==_" => (3, "=="),
        "_!=_" => (3, "!="),
        "_<_" => (3, "<"),
        "_<=_" => (3, "<="),
        "_>_" => (3, ">"),
        "_>=_" => (3, ">="),
        "@in" => (3, "in"),
        "_+_" => (4, "+"),
        "_-_" => (4, "-"),
        "_*_" => (5, "*"),
        "_/_" => (5, "/"),
        "_%_" => (5, "%"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (ast, issues) = crate::parse(text);
        assert_eq!(issues, [], "{text}");
        assert_eq!(ast.unparse(), expected);
    }

    #[test]
    fn canonical() {
        check("a+b*c", "a + b * c");
        check("(a+b)*c", "(a + b) * c");
        check("a-(b-c)", "a - (b - c)");
        check("(a-b)-c", "a - b - c");
        check("a?b:c?d:e", "a ? b : c ? d : e");
        check("(a?b:c)?d:e", "(a ? b : c) ? d : e");
        check("!(a&&b)||c", "!(a && b) || c");
        check("-(-1)", "-(-1)");
        check("x.filter(i, has(i.a.b))[0].?c[?'d']", "x.filter(i, has(i.a.b))[0].?c[?\"d\"]");
        check("{'a':1,?'b':x}", "{\"a\": 1, ?\"b\": x}");
        check("a.`b-c`", "a.`b-c`");
        check("b'\\xff\\n' + \"\\u0007\"", "b\"\\xff\\x0a\" + \"\\u0007\"");
        check("1.0 - -2", "1.0 - -2");
        check(".a.b{c: 1}", ".a.b{c: 1}");
    }
}
