//! The two debug forms of a tree that cel-go prints: with the kind of each node, and with types and references.

use std::fmt::Write as _;

use kro_cel::{Ast, Checked, Expr, ExprId, Literal, Reference};

/// The tree with the kind of each node.
pub(super) fn kinds(ast: &Ast) -> String {
    let mut printer = Printer { ast, checked: None, out: String::new(), indent: 0 };
    printer.expr(ast.root());
    printer.out
}

/// The tree with types and references.
pub(super) fn types(checked: &Checked) -> String {
    let mut printer = Printer { ast: checked.ast(), checked: Some(checked), out: String::new(), indent: 0 };
    printer.expr(checked.ast().root());
    printer.out
}

struct Printer<'p> {
    ast: &'p Ast,
    checked: Option<&'p Checked>,
    out: String,
    indent: usize,
}

impl Printer<'_> {
    fn expr(&mut self, id: ExprId) {
        let ast = self.ast;
        if let Some(Reference::Variable(name) | Reference::Type(name, _)) = self.reference(id)
            && matches!(ast.expr(id), Expr::Select { .. })
        {
            let name = name.clone();
            self.out.push_str(&name);
            self.mark(id, "expr.Expr_IdentExpr");
            return;
        }
        match ast.expr(id) {
            Expr::Hole => self.out.push_str("<hole>"),
            Expr::Literal(literal) => {
                let (text, kind) = constant(literal);
                self.out.push_str(&text);
                self.mark(id, kind);
            }
            Expr::Ident(name) => {
                let name = match self.reference(id) {
                    Some(Reference::Variable(name) | Reference::Type(name, _)) => name.to_string(),
                    _ => name.to_string(),
                };
                self.out.push_str(&name);
                self.mark(id, "expr.Expr_IdentExpr");
            }
            Expr::Select { operand, field, test } => {
                self.expr(*operand);
                self.out.push('.');
                self.out.push_str(&quoted(field));
                if *test {
                    self.out.push_str("~test-only~");
                }
                self.mark(id, "expr.Expr_SelectExpr");
            }
            Expr::Call { function, target, args } => {
                let mut name = function.to_string();
                match (self.reference(id), target) {
                    (Some(Reference::Function(qualified, _)), Some(_)) if **qualified != **function => {
                        name = qualified.to_string();
                    }
                    (Some(Reference::Function(qualified, _)), None) => name = qualified.to_string(),
                    (_, Some(target)) => {
                        self.expr(*target);
                        self.out.push('.');
                    }
                    (_, None) => {}
                }
                self.out.push_str(&name);
                self.out.push('(');
                if !args.is_empty() {
                    self.lines(args, |this, arg| this.expr(*arg));
                }
                self.out.push(')');
                self.mark(id, "expr.Expr_CallExpr");
            }
            Expr::List { items, optional } => {
                self.out.push('[');
                let items: Vec<_> = items.iter().enumerate().collect();
                if !items.is_empty() {
                    self.lines(&items, |this, (index, item)| {
                        if optional.contains(&(*index as u32)) {
                            this.out.push('?');
                        }
                        this.expr(**item);
                    });
                }
                self.out.push(']');
                self.mark(id, "expr.Expr_ListExpr");
            }
            Expr::Map { entries } => {
                self.out.push('{');
                if !entries.is_empty() {
                    self.lines(entries, |this, entry| {
                        if entry.optional {
                            this.out.push('?');
                        }
                        this.expr(entry.key);
                        this.out.push(':');
                        this.expr(entry.value);
                        this.entry();
                    });
                }
                self.out.push('}');
                self.mark(id, "expr.Expr_StructExpr");
            }
            Expr::Struct { name, fields } => {
                self.out.push_str(name);
                self.out.push('{');
                if !fields.is_empty() {
                    self.lines(fields, |this, field| {
                        if field.optional {
                            this.out.push('?');
                        }
                        this.out.push_str(&quoted(&field.name));
                        this.out.push(':');
                        this.expr(field.value);
                        this.entry();
                    });
                }
                self.out.push('}');
                self.mark(id, "expr.Expr_StructExpr");
            }
            Expr::Comprehension(fold) => {
                self.out.push_str("__comprehension__(");
                self.indent += 1;
                let variables = match &fold.variable2 {
                    Some(second) => format!("{},\n{}{second}", fold.variable, "  ".repeat(self.indent)),
                    None => fold.variable.to_string(),
                };
                self.part("Variable", |this| this.out.push_str(&variables), ",");
                self.part("Target", |this| this.expr(fold.range), ",");
                self.part("Accumulator", |this| this.out.push_str(&fold.accumulator), ",");
                self.part("Init", |this| this.expr(fold.init), ",");
                self.part("LoopCondition", |this| this.expr(fold.condition), ",");
                self.part("LoopStep", |this| this.expr(fold.step), ",");
                self.part("Result", |this| this.expr(fold.result), ")");
                self.indent -= 1;
                self.mark(id, "expr.Expr_ComprehensionExpr");
            }
        }
    }

    fn part(&mut self, title: &str, body: impl FnOnce(&mut Self), end: &str) {
        self.line();
        let _ = write!(self.out, "// {title}");
        self.line();
        body(self);
        self.out.push_str(end);
    }

    fn lines<T>(&mut self, items: &[T], print: impl Fn(&mut Self, &T)) {
        self.indent += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.line();
            print(self, item);
        }
        self.indent -= 1;
        self.line();
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(self.indent));
    }

    fn reference(&self, id: ExprId) -> Option<&Reference> {
        self.checked?.reference(id)
    }

    fn entry(&mut self) {
        if self.checked.is_none() {
            self.out.push_str("^#*expr.Expr_CreateStruct_Entry#");
        }
    }

    fn mark(&mut self, id: ExprId, kind: &str) {
        let Some(checked) = self.checked else {
            let _ = write!(self.out, "^#*{kind}#");
            return;
        };
        let _ = write!(self.out, "~{}", checked.ty(id));
        match checked.reference(id) {
            Some(Reference::Variable(name) | Reference::Type(name, _)) => {
                let _ = write!(self.out, "^{name}");
            }
            Some(Reference::Function(_, ids)) => {
                let mut ids: Vec<_> = ids.iter().map(|id| &**id).collect();
                ids.sort_unstable();
                let _ = write!(self.out, "^{}", ids.join("|"));
            }
            None => {}
        }
    }
}

fn quoted(field: &str) -> String {
    let plain = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { field.to_owned() } else { format!("`{field}`") }
}

fn constant(literal: &Literal) -> (String, &'static str) {
    match literal {
        Literal::Null => ("null".to_owned(), "expr.Constant_NullValue"),
        Literal::Bool(value) => (value.to_string(), "expr.Constant_BoolValue"),
        Literal::Int(value) => (value.to_string(), "expr.Constant_Int64Value"),
        Literal::Uint(value) => (format!("{value}u"), "expr.Constant_Uint64Value"),
        Literal::Double(value) => (double(*value), "expr.Constant_DoubleValue"),
        Literal::String(text) => (go_quoted(text.chars().map(Ok)), "expr.Constant_StringValue"),
        Literal::Bytes(bytes) => {
            let mut parts = Vec::new();
            for chunk in bytes.utf8_chunks() {
                parts.extend(chunk.valid().chars().map(Ok));
                parts.extend(chunk.invalid().iter().copied().map(Err));
            }
            (format!("b{}", go_quoted(parts.into_iter())), "expr.Constant_BytesValue")
        }
    }
}

/// Spaces other than the common one, controls, and format characters.
fn is_invisible(c: char) -> bool {
    let format = matches!(c, '\u{feff}' | '\u{ffff}' | '\u{200b}'..='\u{200f}' | '\u{fff9}'..='\u{fffb}');
    c.is_control() || format || (c.is_whitespace() && c != ' ')
}

/// Go's shortest form of a double.
fn double(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    value.to_string()
}

/// As Go's `strconv.Quote`.
fn go_quoted(parts: impl Iterator<Item = Result<char, u8>>) -> String {
    let mut out = String::from("\"");
    for part in parts {
        match part {
            Ok('\x07') => out.push_str("\\a"),
            Ok('\x08') => out.push_str("\\b"),
            Ok('\x0c') => out.push_str("\\f"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\r') => out.push_str("\\r"),
            Ok('\t') => out.push_str("\\t"),
            Ok('\x0b') => out.push_str("\\v"),
            Ok('"') => out.push_str("\\\""),
            Ok('\\') => out.push_str("\\\\"),
            Ok(c) if c < ' ' || c == '\x7f' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            Ok(c) if c >= '\u{30000}' => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            Ok(c) if is_invisible(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            Ok(c) => out.push(c),
            Err(byte) => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}
