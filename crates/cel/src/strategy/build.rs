//! From choices to an expression: at each place one of the forms that have the wanted type. When the choices run out,
//! only leaves are left, so every series of choices ends.
use crate::{Env, Overload, Type};

/// The types that literals, or a conversion of one, have.
pub(super) const SCALARS: [Type; 9] = [
    Type::Bool,
    Type::Int,
    Type::Uint,
    Type::Double,
    Type::String,
    Type::Bytes,
    Type::Timestamp,
    Type::Duration,
    Type::Null,
];

/// Deepest nesting that is built.
const DEPTH: usize = 6;

pub(super) struct Builder<'b> {
    env: &'b Env,
    choices: std::slice::Iter<'b, u8>,
    /// Variables of the environment and of the macros around the place.
    variables: Vec<(String, Type)>,
    depth: usize,
}

impl<'b> Builder<'b> {
    pub(super) fn new(env: &'b Env, choices: &'b [u8]) -> Self {
        let variables =
            env.variables().filter_map(|name| Some((name.to_owned(), env.variable(name)?.clone()))).collect();
        Self { env, choices: choices.iter(), variables, depth: 0 }
    }

    /// An expression of this type, in parentheses unless it binds as tight as a member.
    pub(super) fn expression(&mut self, ty: &Type) -> String {
        let form = self.choose(8);
        if form < 2 || self.depth >= DEPTH || self.choices.len() == 0 {
            return self.leaf(ty);
        }
        self.depth += 1;
        let made = match form {
            2 => Some(self.conditional(ty)),
            3 => self.fold(ty),
            _ => None,
        };
        let made = made.or_else(|| self.call(ty));
        let made = made.unwrap_or_else(|| self.leaf(ty));
        self.depth -= 1;
        made
    }

    /// A number below `count`; 0 when there are no choices left.
    fn choose(&mut self, count: usize) -> usize {
        let high = self.choices.next().copied().unwrap_or_default();
        let low = if count > 256 { self.choices.next().copied().unwrap_or_default() } else { 0 };
        (usize::from(low) << 8 | usize::from(high)) % count.max(1)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.choose(from.len())].clone()
    }

    fn leaf(&mut self, ty: &Type) -> String {
        let named: Vec<String> =
            self.variables.iter().filter(|(_, it)| it == ty).map(|(name, _)| name.clone()).collect();
        if !named.is_empty() && self.choose(2) == 0 {
            return self.pick(&named);
        }
        match ty {
            Type::Null => "null".to_owned(),
            Type::Bool => self.pick(&["true", "false"]).to_owned(),
            Type::Int => self
                .pick(&["0", "1", "-1", "2", "7", "255", "9223372036854775807", "-9223372036854775808"])
                .to_owned(),
            Type::Uint => self.pick(&["0u", "1u", "3u", "255u", "18446744073709551615u"]).to_owned(),
            Type::Double => self.pick(&["0.0", "1.0", "-1.5", "2.75", "1e300", "1e-7"]).to_owned(),
            Type::String => {
                self.pick(&["''", "'a'", "'abc abc'", "'été'", "'7'", "'😀'", "'%s'", "'true'"]).to_owned()
            }
            Type::Bytes => self.pick(&["b''", "b'abc'", "b'\\xff'"]).to_owned(),
            Type::Timestamp => {
                format!(
                    "timestamp('{}')",
                    self.pick(&["2024-02-29T12:30:45Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
                )
            }
            Type::Duration => format!("duration('{}')", self.pick(&["0s", "1h30m", "-5ms", "24h"])),
            // Nothing empty: a checker takes it for a list of whatever comes first.
            Type::List(item) => {
                let items: Vec<String> = (0..=self.choose(3)).map(|_| self.leaf(item)).collect();
                format!("[{}]", items.join(", "))
            }
            Type::Map(key, value) => {
                format!("{{{}: {}}}", self.leaf(key), self.leaf(value))
            }
            Type::Optional(inner) => format!("optional.of({})", self.leaf(inner)),
            Type::Type(inner) => format!("type({})", self.leaf(inner)),
            // `dyn`, and whatever has no literal.
            _ => {
                let ty = self.scalar();
                format!("dyn({})", self.leaf(&ty))
            }
        }
    }

    fn scalar(&mut self) -> Type {
        self.pick(&SCALARS)
    }

    fn conditional(&mut self, ty: &Type) -> String {
        format!("({} ? {} : {})", self.expression(&Type::Bool), self.expression(ty), self.expression(ty))
    }

    /// A standard macro over a list, where one has the type.
    fn fold(&mut self, ty: &Type) -> Option<String> {
        let (name, item, body) = match ty {
            Type::Bool => (self.pick(&["all", "exists", "exists_one"]), self.scalar(), Type::Bool),
            Type::List(item) if self.choose(2) == 0 => ("filter", (**item).clone(), Type::Bool),
            Type::List(item) => ("map", self.scalar(), (**item).clone()),
            _ => return None,
        };
        let range = self.expression(&Type::list(item.clone()));
        let variable = format!("v{}", self.variables.len());
        self.variables.push((variable.clone(), item));
        let body = self.expression(&body);
        self.variables.pop();
        Some(format!("{range}.{name}({variable}, {body})"))
    }

    /// A call of an operator or function with this result.
    fn call(&mut self, ty: &Type) -> Option<String> {
        let env = self.env;
        let fitting: Vec<(&Overload, Bound)> = env
            .overloads()
            .filter(|overload| self.is_usable(overload))
            .filter_map(|overload| Some((overload, Bound::of(&overload.signature.result, ty)?)))
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let (overload, mut bound) = fitting[self.choose(fitting.len())].clone();
        let signature = &overload.signature;
        let mut args = Vec::new();
        for parameter in &signature.parameters {
            let wanted = self.instance(parameter, &mut bound);
            args.push(self.expression(&wanted));
        }
        let form = form(&signature.function)?;
        Some(match (form, &args[..]) {
            (Form::Infix(operator), [left, right]) => format!("({left} {operator} {right})"),
            (Form::Prefix(operator), [operand]) => format!("({operator}({operand}))"),
            (Form::Index, [operand, index]) => format!("{operand}[{index}]"),
            (Form::OptionalIndex, [operand, index]) => format!("{operand}[?{index}]"),
            (Form::Name, [receiver, rest @ ..]) if signature.member => {
                format!("{receiver}.{}({})", signature.function, rest.join(", "))
            }
            _ => format!("{}({})", signature.function, args.join(", ")),
        })
    }

    fn is_usable(&self, overload: &Overload) -> bool {
        let signature = &overload.signature;
        let is_comparison = matches!(&*signature.function, "_<_" | "_<=_" | "_>_" | "_>=_");
        let is_mixed = is_comparison && signature.parameters[0] != signature.parameters[1];
        form(&signature.function).is_some()
            && signature.result != Type::Dyn
            // Nothing would say what the type is, as for `optional.none()`.
            && params(&signature.result).iter().all(|param| {
                signature.parameters.iter().any(|parameter| params(parameter).contains(param))
            })
            && (!is_mixed || self.env.options().mixed_comparisons)
            && signature.parameters.iter().all(|parameter| self.can_make(parameter))
    }

    fn can_make(&self, ty: &Type) -> bool {
        match ty {
            Type::Opaque(_) | Type::Struct(_) => self.variables.iter().any(|(_, it)| it == ty),
            Type::Error => false,
            other => other.parameters().all(|parameter| self.can_make(parameter)),
        }
    }

    /// The type with its parameters replaced: by what the result bound, else by any scalar.
    fn instance(&mut self, ty: &Type, bound: &mut Bound) -> Type {
        match ty {
            Type::Param(index) => {
                if let Some((_, ty)) = bound.0.iter().find(|(it, _)| it == index) {
                    return ty.clone();
                }
                // Also keys of maps, which no double, bytes or time can be.
                let ty = self.pick(&[Type::String, Type::Int, Type::Bool]);
                bound.0.push((*index, ty.clone()));
                ty
            }
            other => other.map_parameters(|parameter| self.instance(parameter, bound)),
        }
    }
}

/// Type parameters of an overload with what stands for them.
#[derive(Debug, Clone)]
struct Bound(Vec<(u32, Type)>);

impl Bound {
    /// What the parameters of `pattern` stand for when it is `ty`.
    fn of(pattern: &Type, ty: &Type) -> Option<Self> {
        let mut bound = Self(Vec::new());
        bound.matches(pattern, ty).then_some(bound)
    }

    fn matches(&mut self, pattern: &Type, ty: &Type) -> bool {
        if let Type::Param(index) = pattern {
            let known = self.0.iter().find(|(it, _)| it == index).map(|(_, known)| known == ty);
            return known.unwrap_or_else(|| {
                self.0.push((*index, ty.clone()));
                true
            });
        }
        let same = pattern.name() == ty.name() && pattern.parameters().count() == ty.parameters().count();
        same && pattern.parameters().zip(ty.parameters()).all(|(pattern, ty)| self.matches(pattern, ty))
    }
}

/// The type parameters in a type.
fn params(ty: &Type) -> Vec<u32> {
    match ty {
        Type::Param(index) => vec![*index],
        other => other.parameters().flat_map(params).collect(),
    }
}

/// How a call is written.
#[derive(Debug, Clone, Copy)]
enum Form<'f> {
    Infix(&'f str),
    Prefix(&'f str),
    Index,
    OptionalIndex,
    Name,
}

/// How calls of a function are written; `None` when nobody writes them.
fn form(function: &str) -> Option<Form<'_>> {
    Some(match function {
        "_[_]" => Form::Index,
        "_[?_]" => Form::OptionalIndex,
        "@in" => Form::Infix("in"),
        "!_" => Form::Prefix("!"),
        "-_" => Form::Prefix("-"),
        "_?_:_" | "_?._" => return None,
        name if name.contains('@') => return None,
        name => match name.strip_prefix('_').and_then(|name| name.strip_suffix('_')) {
            Some(operator) => Form::Infix(operator),
            None => Form::Name,
        },
    })
}
