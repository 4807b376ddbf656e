//! Signatures as text, so that a function is declared the way its documentation prints it:
//! `list(A).slice(int, int) -> list(A)`. Refuses names of functions it cannot split from their receiver.
use super::Type;
use std::fmt;

/// A parsed signature.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// The function's name; dotted for namespaced functions such as `math.ceil`.
    pub function: String,
    /// Whether the first parameter is the receiver.
    pub member: bool,
    /// Parameter types, the receiver first.
    pub parameters: Vec<Type>,
    /// Result type.
    pub result: Type,
}

/// Why a signature text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid signature {text:?} at byte {at}: expected {expected}")]
pub struct SignatureError {
    text: String,
    at: usize,
    expected: &'static str,
}

impl Signature {
    /// Reads `function(T, ..) -> R`, or `T.function(..) -> R` for a member. Types: the language's names, `list(T)`,
    /// `map(K, V)`, `optional(T)`, `type(T)`, `struct(name)`, one capital letter for a type parameter, and any dotted
    /// name for an opaque type. A receiver that is an opaque type is written `<name>.function(..)`.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut reader = Reader { text, at: 0 };
        let mut parameters = Vec::new();
        let receiver = reader.receiver()?;
        let member = receiver.is_some();
        parameters.extend(receiver);
        let function = reader.function()?;
        reader.expect("(", "`(`")?;
        if !reader.take(")") {
            loop {
                parameters.push(reader.ty()?);
                if !reader.take(",") {
                    break;
                }
            }
            reader.expect(")", "`)`")?;
        }
        reader.expect("->", "`->`")?;
        let result = reader.ty()?;
        reader.skip_space();
        if reader.at != text.len() {
            return Err(reader.error("the end"));
        }
        Ok(Self { function, member, parameters, result })
    }

    /// The type of the receiver of a member function.
    pub fn receiver(&self) -> Option<&Type> {
        self.parameters.first().filter(|_| self.member)
    }

    /// The types of the arguments between the parentheses.
    pub fn arguments(&self) -> &[Type] {
        self.parameters.get(usize::from(self.member)..).unwrap_or_default()
    }

    /// The part behind the name: `(int, int) -> list(A)`.
    pub(crate) fn fmt_call(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<_> = self.arguments().iter().map(ToString::to_string).collect();
        write!(f, "({}) -> {}", arguments.join(", "), self.result)
    }
}

/// As documentation prints it: `list(A).slice(int, int) -> list(A)`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(receiver) = self.receiver() {
            write!(f, "{receiver}.")?;
        }
        f.write_str(&self.function)?;
        self.fmt_call(f)
    }
}

impl Type {
    /// Reads a type as signatures write it; see [`Signature::parse`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let mut reader = Reader { text, at: 0 };
        let ty = reader.ty()?;
        reader.skip_space();
        if reader.at == text.len() { Ok(ty) } else { Err(reader.error("the end")) }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The receiver's type when the text starts with one: a type followed by `.` and a plain name.
    fn receiver(&mut self) -> Result<Option<Type>, SignatureError> {
        if self.take("<") {
            let ty = self.ty()?;
            self.expect(">", "`>`")?;
            self.expect(".", "`.`")?;
            return Ok(Some(ty));
        }
        let start = self.at;
        let Some((first, rest)) = self.rest().split_once(['.', '(']) else {
            return Err(self.error("a parameter list"));
        };
        let dotted = self.rest().as_bytes().get(first.len()) == Some(&b'.');
        let parametric = matches!(first, "list" | "map" | "optional" | "type") && !rest.is_empty();
        let scalar = dotted && Self::scalar(first).is_some();
        // `type(A) -> ..`, `string(int) -> ..` are functions; `type(A).f()` or `string.f()` have a receiver.
        if scalar || (parametric && !dotted) {
            let ty = self.ty()?;
            if self.take(".") {
                return Ok(Some(ty));
            }
            self.at = start;
        }
        Ok(None)
    }

    fn function(&mut self) -> Result<String, SignatureError> {
        let name = self.rest().split('(').next().unwrap_or_default().trim();
        if name.is_empty() {
            return Err(self.error("a function name"));
        }
        self.skip_space();
        self.at += name.len();
        Ok(name.to_owned())
    }

    fn ty(&mut self) -> Result<Type, SignatureError> {
        self.skip_space();
        let name = self.name();
        let ty = match name {
            "" => return Err(self.error("a type")),
            "list" => Type::list(self.arguments::<1>()?[0].clone()),
            "optional" => Type::optional(self.arguments::<1>()?[0].clone()),
            "map" => {
                let [key, value] = self.arguments::<2>()?;
                Type::map(key, value)
            }
            "type" => Type::type_of(self.arguments::<1>()?[0].clone()),
            "struct" => {
                self.expect("(", "`(`")?;
                let name = self.name();
                self.expect(")", "`)`")?;
                Type::structure(name)
            }
            name => Self::scalar(name).unwrap_or_else(|| Type::opaque(name)),
        };
        Ok(ty)
    }

    fn scalar(name: &str) -> Option<Type> {
        Some(match name {
            "null" => Type::Null,
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "timestamp" => Type::Timestamp,
            "duration" => Type::Duration,
            "dyn" => Type::Dyn,
            name => match name.as_bytes() {
                [letter @ b'A'..=b'Z'] => Type::Param(u32::from(letter - b'A')),
                _ => return None,
            },
        })
    }

    fn arguments<const N: usize>(&mut self) -> Result<[Type; N], SignatureError> {
        self.expect("(", "`(`")?;
        let mut arguments = [const { Type::Dyn }; N];
        for (index, argument) in arguments.iter_mut().enumerate() {
            if index > 0 {
                self.expect(",", "`,`")?;
            }
            *argument = self.ty()?;
        }
        self.expect(")", "`)`")?;
        Ok(arguments)
    }

    fn name(&mut self) -> &'t str {
        let rest = self.rest();
        let length =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        // A receiver's dot belongs to the function: `string.size()`.
        let first = rest[..length].split('.').next().unwrap_or_default();
        let length = if Self::scalar(first).is_some() { first.len() } else { length };
        self.at += length;
        &rest[..length]
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str, expected: &'static str) -> Result<(), SignatureError> {
        if self.take(token) { Ok(()) } else { Err(self.error(expected)) }
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&self, expected: &'static str) -> SignatureError {
        SignatureError { text: self.text.to_owned(), at: self.at, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, function: &str, member: bool, parameters: &str, result: &str) {
        let signature = Signature::parse(text).unwrap();
        let printed: Vec<_> = signature.parameters.iter().map(ToString::to_string).collect();
        assert_eq!(
            (signature.function.as_str(), signature.member, printed.join(", ").as_str()),
            (function, member, parameters)
        );
        assert_eq!(signature.result.to_string(), result);
    }

    #[test]
    fn read() {
        check("size(string) -> int", "size", false, "string", "int");
        check("string.size() -> int", "size", true, "string", "int");
        check("type(A) -> type(A)", "type", false, "A", "type(A)");
        check("string(int) -> string", "string", false, "int", "string");
        check("list(A).slice(int, int) -> list(A)", "slice", true, "list(A), int, int", "list(A)");
        check("map(A, B).merge(map(A, B)) -> map(A, B)", "merge", true, "map(A, B), map(A, B)", "map(A, B)");
        check("math.ceil(double) -> double", "math.ceil", false, "double", "double");
        check("<net.IP>.family() -> int", "family", true, "net.IP", "int");
        check("ip(string) -> net.IP", "ip", false, "string", "net.IP");
        check(
            "A.f(struct(kro.run.Condition)) -> optional(A)",
            "f",
            true,
            "A, kro.run.Condition",
            "optional_type(A)",
        );
        check("_+_(int, int) -> int", "_+_", false, "int, int", "int");
        check("optional.of(A) -> optional(A)", "optional.of", false, "A", "optional_type(A)");
        check("lists.range(int) -> list(int)", "lists.range", false, "int", "list(int)");
        check("_<_(int, int) -> bool", "_<_", false, "int, int", "bool");
    }

    #[test]
    fn refuse() {
        for text in ["", "f", "f(", "f(int", "f(int)", "f(int) ->", "f(list) -> int", "f() -> int x"] {
            assert!(Signature::parse(text).is_err(), "{text}");
        }
    }
}
