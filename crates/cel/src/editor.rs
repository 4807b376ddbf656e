//! Questions of an editor: the type under the cursor, what may be written there, and where else a variable is used.
//! All work on text that does not parse or check yet.
use crate::{Ast, Checked, Env, Expr, ExprId, Macro, Signature, Type};
use std::{fmt, ops::Range};

mod scope;
mod uses;

/// Something that may be written at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: CompletionKind,
}

/// What a completion stands for. Displays as its type, signature or usage.
#[derive(Debug, Clone, PartialEq)]
pub enum CompletionKind {
    /// A field of the value in front of the dot.
    Field(Type),
    /// A variable of the environment, or of a macro around the place.
    Variable(Type),
    /// A function, or a member function of the value in front of the dot; one of its overloads.
    Function(Signature),
    /// A macro, and how it is written.
    Macro(&'static str),
}

impl CompletionKind {
    /// Whether parentheses follow the name.
    pub fn is_called(&self) -> bool {
        matches!(self, Self::Function(_) | Self::Macro(_))
    }

    /// Fields first, then variables, then what is called.
    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Variable(_) => 1,
            Self::Function(_) | Self::Macro(_) => 2,
        }
    }
}

impl fmt::Display for CompletionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(ty) | Self::Variable(ty) => write!(f, "{ty}"),
            Self::Function(signature) => signature.fmt_call(f),
            Self::Macro(usage) => f.write_str(usage),
        }
    }
}

impl Checked {
    /// The smallest expression that spans a byte of the text, with its range and type.
    pub fn type_at(&self, offset: u32) -> Option<(Range<u32>, &Type)> {
        let id = innermost(self.ast(), self.ast().root(), offset)?;
        let span = self.ast().span(id);
        Some((span.start..span.end, self.ty(id)))
    }
}

impl Env {
    /// What may stand at a byte of `text`: fields and member functions behind a dot, else variables and functions.
    /// The part of a name that is written already narrows the answer.
    pub fn completions_at(&self, text: &str, offset: u32) -> Vec<Completion> {
        let before = &text[..text.floor_char_boundary(offset as usize)];
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let start = text.ceil_char_boundary(start);
        let (head, prefix) = before.split_at(start.min(before.len()));
        let mut found = match head.strip_suffix(".?").or_else(|| head.strip_suffix('.')) {
            Some(operand) => {
                let (env, ty) = self.at_end(operand);
                let mut found = env.members(ty.or_else(|| env.type_of_end(operand)));
                found.extend(self.namespace(operand));
                found
            }
            None => self.at_end(head).0.names(),
        };
        found.retain(|completion| completion.name.starts_with(prefix));
        found.sort_by(|a, b| (a.kind.rank(), &a.name).cmp(&(b.kind.rank(), &b.name)));
        found.dedup_by(|a, b| a.name == b.name && a.kind.rank() == b.kind.rank());
        found
    }

    /// Fields and member functions of a value of type `ty`, or within an optional one.
    fn members(&self, ty: Option<Type>) -> Vec<Completion> {
        let ty = match ty {
            None => return Vec::new(),
            Some(Type::Optional(inner)) => (*inner).clone(),
            Some(other) => other,
        };
        let mut found = Vec::new();
        if let Type::Struct(name) = &ty {
            for field in self.types.fields(name).unwrap_or_default() {
                let ty = self.types.field(name, &field).unwrap_or(Type::Dyn);
                found.push(Completion { name: field.to_string(), kind: CompletionKind::Field(ty) });
            }
        }
        found.extend(self.functions(|overload| {
            overload.signature.member && crate::check::assignable(&overload.signature.parameters[0], &ty)
        }));
        found.extend(self.macros().filter(|it| it.member && it.fits(&ty)).map(Macro::completion));
        found
    }

    /// Functions and macros of the namespace that `text` ends with, as `abs` behind `math`.
    fn namespace(&self, text: &str) -> Vec<Completion> {
        let before = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let prefix = format!("{}.", &text[before.len()..]);
        let functions = self.functions(|overload| overload.signature.function.starts_with(&prefix));
        let functions =
            functions.map(|found| Completion { name: found.name[prefix.len()..].to_owned(), ..found });
        let macros =
            self.macros().filter(|it| it.member && it.usage.starts_with(&prefix)).map(Macro::completion);
        functions.chain(macros).collect()
    }

    /// The type of the longest expression that `text` ends with.
    fn type_of_end(&self, text: &str) -> Option<Type> {
        let starts = text.char_indices().filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            !before.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '"' | '\''))
        });
        // The text in front may be anything; the operand is what parses and has no issue.
        starts.take(64).find_map(|(at, _)| {
            let (ast, issues) = self.parse(text[at..].trim_start());
            if !issues.is_empty() || matches!(ast.expr(ast.root()), Expr::Hole) {
                return None;
            }
            let checked = self.check(ast);
            checked.issues().is_empty().then(|| checked.result_type().clone())
        })
    }

    fn names(&self) -> Vec<Completion> {
        let variables = self.variables().map(|name| Completion {
            name: name.to_owned(),
            kind: CompletionKind::Variable(self.variable(name).cloned().unwrap_or(Type::Dyn)),
        });
        let macros = self.macros().filter(|it| !it.member).map(Macro::completion);
        variables.chain(self.functions(|overload| !overload.signature.member)).chain(macros).collect()
    }

    fn functions(&self, test: impl Fn(&crate::Overload) -> bool) -> impl Iterator<Item = Completion> {
        let plain = |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('@');
        let wanted =
            self.overloads().filter(move |overload| plain(&overload.signature.function) && test(overload));
        wanted.map(|overload| Completion {
            name: overload.signature.function.clone(),
            kind: CompletionKind::Function(overload.signature.clone()),
        })
    }
}

impl Macro {
    /// Whether a member macro is meant for values of a type: written on `e`, over lists and maps or optional values.
    fn fits(&self, ty: &Type) -> bool {
        let takes = match self.function {
            "optMap" | "optFlatMap" => matches!(ty, Type::Optional(_) | Type::Dyn),
            "sortBy" => matches!(ty, Type::List(_) | Type::Dyn),
            _ => matches!(ty, Type::List(_) | Type::Map(..) | Type::Dyn),
        };
        takes && self.usage.starts_with("e.")
    }

    fn completion(&self) -> Completion {
        Completion { name: self.function.to_owned(), kind: CompletionKind::Macro(self.usage) }
    }
}

fn innermost(ast: &Ast, id: ExprId, offset: u32) -> Option<ExprId> {
    let span = ast.span(id);
    let inner = ast.children(id).into_iter().find_map(|child| innermost(ast, child, offset));
    inner.or_else(|| (span.start..=span.end).contains(&offset).then_some(id))
}

#[cfg(test)]
mod tests {
    use crate::{Env, NoTypes, Type, library};
    use std::sync::Arc;

    fn env() -> Env {
        Env::new(&[&library::Standard], Arc::new(NoTypes))
            .with_libraries(library::EXTENSIONS)
            .with_variable("name", Type::String)
            .with_variable("names", Type::list(Type::String))
    }

    #[track_caller]
    fn completes(text: &str, expected: &str, absent: &str) {
        let found = env().completions_at(text, text.len() as u32);
        let names: Vec<_> = found.iter().map(|completion| completion.name.as_str()).collect();
        assert!(expected.is_empty() || names.contains(&expected), "{text}: {names:?}");
        assert!(!names.contains(&absent), "{text}: {names:?}");
    }

    #[test]
    fn completions() {
        completes("na", "names", "size");
        completes("name.starts", "startsWith", "endsWith");
        completes("1 + names.", "join", "startsWith");
        completes("size(name.trim().", "charAt", "join");
        completes("", "name", "startsWith");
        completes("names.ma", "map", "filter");
        completes("names.", "exists", "optMap");
        completes("name.", "trim", "all");
        completes("ha", "has", "size");
        completes("1 + math.a", "abs", "map");
        completes("math.", "greatest", "math.abs");
        completes("names.all(na", "names", "all");
        completes("names.exists(one, o", "one", "names");
        completes("names.exists(one, one.", "startsWith", "exists");
        completes("names.exists(one, one.trim().", "startsWith", "exists");
        completes("names.exists(one, one == 'a' && on", "one", "names");
        completes("names.filter(one, one != '').map(two, tw", "two", "one");
        completes("names.map(one, names.all(two, two == one.", "startsWith", "exists");
        completes("names.map(one, names.all(two, two != '') ? one.", "startsWith", "exists");
        completes("names.map(one, one != '', one.", "startsWith", "exists");
        completes("names.all(index, item, item.", "startsWith", "exists");
        completes("{'k': names.all(name, name == '' || nam", "name", "size");
        completes("[name].map(names, names.", "startsWith", "exists");
        completes("cel.bind(all, names, all.", "exists", "startsWith");
        completes("cel.bind(all, names.", "exists", "startsWith");
        completes("optional.of(name).optMap(n, n.", "startsWith", "exists");
        completes("names.sortBy(n, n.", "startsWith", "exists");
        completes("names.all(one, one != '') && on", "", "one");
        completes("name == name.", "startsWith", "all");
        completes("name == '' ? names.", "exists", "startsWith");
        completes("(name == name).", "", "startsWith");
        completes("name +* names.", "exists", "startsWith");
    }

    #[track_caller]
    fn uses(text: &str, offset: u32, expected: &[&str]) {
        let env = env();
        let checked = env.check(env.parse(text).0);
        let found: Vec<_> = checked
            .uses_at(offset)
            .into_iter()
            .map(|range| format!("{}:{}", range.start, &text[range.start as usize..range.end as usize]))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn uses_of_variables() {
        uses("name + names[0] + name", 1, &["0:name", "18:name"]);
        uses("names.map(n, n + n) + names", 13, &["10:n", "13:n", "17:n"]);
        uses("names.map(n, n + n) + names", 10, &["10:n", "13:n", "17:n"]);
        uses("names.filter(n, n != '' && [1].all(n, n > 0))", 16, &["13:n", "16:n"]);
        uses("names.filter(n, n != '' && [1].all(n, n > 0))", 38, &["35:n", "38:n"]);
        // The list is not in the scope of the loop's variable.
        uses("name.split(',').map(name, name + '!')", 0, &["0:name"]);
        uses("name +", 0, &["0:name"]);
        uses("size('a')", 0, &[]);
    }

    #[test]
    fn type_at() {
        let env = env();
        let (ast, _) = env.parse("size(names) + 1");
        let checked = env.check(ast);
        assert_eq!(checked.type_at(6), Some((5..10, &Type::list(Type::String))));
        assert_eq!(checked.type_at(12), Some((0..15, &Type::Int)));
    }
}
