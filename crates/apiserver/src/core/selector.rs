//! Label and field selectors of lists, watches and deletions, with the error texts of apimachinery.

use crate::{core::metadata::names, status::Status};
use serde_json::{Map, Value};

/// Which objects a request is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selectors {
    pub labels: Vec<LabelRequirement>,
    pub fields: Vec<FieldRequirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabelRequirement {
    key: String,
    test: LabelTest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum LabelTest {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Greater(i64),
    Less(i64),
}

/// `field=value` or, with `negated`, `field!=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldRequirement {
    pub field: String,
    pub value: String,
    pub negated: bool,
}

impl Selectors {
    /// Whether nothing is selected away.
    pub(crate) fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
        self.labels.iter().all(|requirement| requirement.matches(labels))
            && self.fields.iter().all(|requirement| requirement.matches(object))
    }
}

impl LabelRequirement {
    fn matches(&self, labels: Option<&Map<String, Value>>) -> bool {
        let value = labels.and_then(|labels| labels.get(&self.key)).and_then(Value::as_str);
        match &self.test {
            LabelTest::In(values) => value.is_some_and(|value| values.iter().any(|wanted| wanted == value)),
            LabelTest::NotIn(values) => value.is_none_or(|value| values.iter().all(|wanted| wanted != value)),
            LabelTest::Exists => value.is_some(),
            LabelTest::Absent => value.is_none(),
            LabelTest::Greater(limit) => number(value).is_some_and(|number| number > *limit),
            LabelTest::Less(limit) => number(value).is_some_and(|number| number < *limit),
        }
    }
}

fn number(value: Option<&str>) -> Option<i64> {
    value?.parse().ok()
}

impl FieldRequirement {
    fn matches(&self, object: &Value) -> bool {
        let mut at = Some(object);
        for segment in self.field.split('.') {
            at = at.and_then(|value| value.get(segment));
        }
        let text = match at {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => crate::encode::to_text(other),
        };
        (text == self.value) != self.negated
    }
}

/// Parses `labelSelector`.
pub(crate) fn parse_labels(text: &str) -> Result<Vec<LabelRequirement>, Status> {
    Parser { tokens: lex(text), at: 0 }.parse().map_err(Status::bad_request)
}

/// Parses `fieldSelector`; `,`, `=` and `\` can be escaped by `\`.
pub(crate) fn parse_fields(text: &str) -> Result<Vec<FieldRequirement>, Status> {
    let mut out = Vec::new();
    for term in split_unescaped(text, ',').into_iter().filter(|term| !term.is_empty()) {
        let Some((field, operator, value)) = split_term(term) else {
            return Err(Status::bad_request(format!(
                "invalid selector: '{text}'; can't understand '{term}'"
            )));
        };
        let value = unescape(value)
            .ok_or_else(|| Status::bad_request(format!("invalid field selector value: {value:?}")))?;
        out.push(FieldRequirement { field: field.to_owned(), value, negated: operator == "!=" });
    }
    Ok(out)
}

fn split_unescaped(text: &str, separator: char) -> Vec<&str> {
    let (mut out, mut start, mut escaped) = (Vec::new(), 0, false);
    for (index, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == separator {
            out.push(&text[start..index]);
            start = index + 1;
        }
    }
    out.push(&text[start..]);
    out
}

fn split_term(term: &str) -> Option<(&str, &str, &str)> {
    for (index, _) in term.char_indices() {
        for operator in ["!=", "==", "="] {
            if term[index..].starts_with(operator) {
                return Some((&term[..index], operator, &term[index + operator.len()..]));
            }
        }
    }
    None
}

fn unescape(value: &str) -> Option<String> {
    let (mut out, mut chars) = (String::new(), value.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next().filter(|c| matches!(c, '\\' | ',' | '='))?),
            ',' | '=' => return None,
            other => out.push(other),
        }
    }
    Some(out)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Symbol(symbol) => symbol,
            Self::End => "",
        }
    }
}

fn lex(text: &str) -> Vec<Token> {
    const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", ",", "(", ")", "<", ">"];
    let (mut out, mut rest) = (Vec::new(), text);
    'next: while let Some(c) = rest.chars().next() {
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            rest = &rest[1..];
            continue;
        }
        for symbol in SYMBOLS {
            if let Some(after) = rest.strip_prefix(symbol) {
                out.push(Token::Symbol(symbol));
                rest = after;
                continue 'next;
            }
        }
        let end = rest.find([' ', '\t', '\r', '\n', '=', '!', ',', '(', ')', '<', '>']).unwrap_or(rest.len());
        out.push(Token::Word(rest[..end].to_owned()));
        rest = &rest[end..];
    }
    out.push(Token::End);
    out
}

/// Recursive descent over the tokens of a label selector; errors are texts.
struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at]
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn parse(mut self) -> Result<Vec<LabelRequirement>, String> {
        let mut out = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => {
                    out.push(
                        self.requirement().map_err(|why| format!("unable to parse requirement: {why}"))?,
                    );
                    match self.next() {
                        Token::End => return Ok(out),
                        Token::Symbol(",") => {
                            if !matches!(self.peek(), Token::Word(_) | Token::Symbol("!")) {
                                return Err(format!(
                                    "found '{}', expected: identifier after ','",
                                    self.peek().text()
                                ));
                            }
                        }
                        other => {
                            return Err(format!(
                                "found '{}', expected: ',' or 'end of string'",
                                other.text()
                            ));
                        }
                    }
                }
                Token::End => return Ok(out),
                other @ Token::Symbol(_) => {
                    return Err(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    ));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<LabelRequirement, String> {
        let negated = self.peek() == &Token::Symbol("!");
        if negated {
            self.next();
        }
        let key = match self.next() {
            Token::Word(word) => word,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        let broken = names::qualified_name(&key);
        if !broken.is_empty() {
            return Err(format!("<nil>: Invalid value: {key:?}: {}", broken.join("; ")));
        }
        if negated || matches!(self.peek(), Token::End | Token::Symbol(",")) {
            let test = if negated { LabelTest::Absent } else { LabelTest::Exists };
            return Ok(LabelRequirement { key, test });
        }
        let operator = self.next();
        let test = match operator.text() {
            "in" => LabelTest::In(self.values()?),
            "notin" => LabelTest::NotIn(self.values()?),
            "=" | "==" => LabelTest::In(vec![self.value()?]),
            "!=" => LabelTest::NotIn(vec![self.value()?]),
            symbol @ (">" | "<") => {
                let text = self.value()?;
                let limit = text
                    .parse()
                    .map_err(|_| format!("values[0]: Invalid value: {text:?}: for 'Gt', 'Lt' operators, the value must be an integer"))?;
                if symbol == ">" { LabelTest::Greater(limit) } else { LabelTest::Less(limit) }
            }
            other => return Err(format!("found '{other}', expected: in, notin, =, ==, !=, gt, lt")),
        };
        if let LabelTest::In(values) | LabelTest::NotIn(values) = &test {
            for (index, value) in values.iter().enumerate() {
                let broken = names::label_value(value);
                if !broken.is_empty() {
                    return Err(format!(
                        "values[{index}][{key}]: Invalid value: {value:?}: {}",
                        broken.join("; ")
                    ));
                }
            }
        }
        Ok(LabelRequirement { key, test })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(_) => Ok(self.next().text().to_owned()),
            other @ Token::Symbol(_) => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(format!("found '{}' expected: '('", open.text()));
        }
        let mut out = Vec::new();
        loop {
            match self.next() {
                Token::Word(word) => {
                    out.push(word);
                    match self.next() {
                        Token::Symbol(",") if self.peek() == &Token::Symbol(")") => out.push(String::new()),
                        Token::Symbol(",") => {}
                        Token::Symbol(")") => return Ok(out),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Symbol(",") => out.push(String::new()),
                Token::Symbol(")") => {
                    if out.is_empty() {
                        out.push(String::new());
                    }
                    return Ok(out);
                }
                other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selects(selector: &str, labels: &Value) -> bool {
        let labels = json!({"metadata": {"labels": labels}});
        let selectors = Selectors { labels: parse_labels(selector).expect(selector), fields: Vec::new() };
        selectors.matches(&labels)
    }

    #[test]
    fn label_selectors() {
        for (selector, labels, want) in [
            ("a=b", json!({"a": "b"}), true),
            ("a!=b", json!({}), true),
            ("a in (b, c)", json!({"a": "c"}), true),
            ("a in ()", json!({"a": ""}), true),
            ("a in (,x)", json!({"a": ""}), true),
            ("a notin (b)", json!({}), true),
            ("!a", json!({"a": "b"}), false),
            ("a,b", json!({"a": "b"}), false),
            ("", json!({}), true),
        ] {
            assert_eq!(selects(selector, &labels), want, "{selector} on {labels}");
        }
    }

    #[test]
    fn label_selector_errors() {
        for (selector, text) in [
            (
                "tier exists",
                "unable to parse requirement: found 'exists', expected: in, notin, =, ==, !=, gt, lt",
            ),
            ("=x", "found '=', expected: !, identifier, or 'end of string'"),
            ("a=b c=d", "found 'c', expected: ',' or 'end of string'"),
            ("a=b,", "found '', expected: identifier after ','"),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ] {
            assert_eq!(parse_labels(selector).expect_err(selector).message, text);
        }
    }

    #[test]
    fn field_selectors() {
        let fields = parse_fields(r"a.b=c\,d,x!=1").expect("valid");
        let object = json!({"a": {"b": "c,d"}, "x": 2});
        assert!(Selectors { labels: Vec::new(), fields }.matches(&object));
        assert_eq!(
            parse_fields("bad").expect_err("no operator").message,
            "invalid selector: 'bad'; can't understand 'bad'"
        );
    }
}
