//! The part of Kubernetes' `JSONPath` that printer columns and selectable fields use: fields, indexes, slices by
//! `*`, and filters such as `[?(@.type=="Ready")]`.

use serde_json::Value;

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Index(i64),
    All,
    /// Items whose value at the path compares to the literal; `None` only asks for the path.
    Filter(JsonPath, Option<(Comparison, Value)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The text is no path this server understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPath;

impl JsonPath {
    /// Parses `.spec.list[0].name`, with or without braces around it.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPath> {
        let text = text.trim();
        let text = text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(text);
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut steps = Vec::new();
        while !rest.is_empty() {
            rest = match rest.as_bytes()[0] {
                b'.' => field(&rest[1..], &mut steps)?,
                b'[' => bracket(rest, &mut steps)?,
                _ if steps.is_empty() => field(rest, &mut steps)?,
                _ => return Err(BadPath),
            };
        }
        Ok(Self(steps))
    }

    /// The values at the path, in order.
    pub(crate) fn find<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found.into_iter().flat_map(|value| step.apply(value)).collect();
        }
        found
    }
}

/// Reads a field name up to the next `.` or `[`; `\` escapes a character.
fn field<'t>(text: &'t str, steps: &mut Vec<Step>) -> Result<&'t str, BadPath> {
    let mut name = String::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => name.push(chars.next().ok_or(BadPath)?.1),
            '.' | '[' => {
                end = at;
                break;
            }
            other => name.push(other),
        }
    }
    if name == "*" {
        steps.push(Step::All);
    } else if name.is_empty() {
        return Err(BadPath);
    } else {
        steps.push(Step::Field(name));
    }
    Ok(&text[end..])
}

fn bracket<'t>(text: &'t str, steps: &mut Vec<Step>) -> Result<&'t str, BadPath> {
    let end = closing(text).ok_or(BadPath)?;
    let (inner, rest) = (text[1..end].trim(), &text[end + 1..]);
    let quoted = |quote: char| inner.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
    steps.push(if inner == "*" {
        Step::All
    } else if let Some(name) = quoted('\'').or_else(|| quoted('"')) {
        Step::Field(name.to_owned())
    } else if let Some(filter) = inner.strip_prefix("?(").and_then(|inner| inner.strip_suffix(')')) {
        parse_filter(filter)?
    } else {
        Step::Index(inner.parse().map_err(|_| BadPath)?)
    });
    Ok(rest)
}

/// Where the bracket at the start of the text closes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, c) in text.char_indices() {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        match c {
            '\'' | '"' => quote = Some(c),
            '[' => depth += 1,
            ']' if depth == 1 => return Some(at),
            ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn parse_filter(text: &str) -> Result<Step, BadPath> {
    const OPERATORS: [(&str, Comparison); 6] = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let text = text.trim();
    let found = OPERATORS.iter().find_map(|(sign, comparison)| {
        text.split_once(sign).map(|(left, right)| (left.trim(), *comparison, right.trim()))
    });
    let left = found.map_or(text, |(left, ..)| left);
    let path = JsonPath::parse(left.strip_prefix('@').ok_or(BadPath)?)?;
    let right = found.map(|(_, comparison, right)| Ok((comparison, literal(right)?))).transpose()?;
    Ok(Step::Filter(path, right))
}

fn literal(text: &str) -> Result<Value, BadPath> {
    if let Some(text) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Ok(text.into());
    }
    serde_json::from_str(text).map_err(|_| BadPath)
}

impl Step {
    fn apply<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Field(name), Value::Object(map)) => map.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => {
                let at = if *index < 0 { items.len() as i64 + index } else { *index };
                usize::try_from(at).ok().and_then(|at| items.get(at)).into_iter().collect()
            }
            (Self::All, Value::Array(items)) => items.iter().collect(),
            (Self::All, Value::Object(map)) => map.values().collect(),
            (Self::Filter(path, condition), Value::Array(items)) => items
                .iter()
                .filter(|item| {
                    let found = path.find(item);
                    match condition {
                        None => !found.is_empty(),
                        Some((comparison, wanted)) => {
                            found.iter().any(|value| comparison.holds(value, wanted))
                        }
                    }
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl Comparison {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::String(left), Value::String(right)) => left.partial_cmp(right),
            (Value::Number(left), Value::Number(right)) => left.as_f64().partial_cmp(&right.as_f64()),
            _ => None,
        };
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
        }
    }
}

/// A value as a cell of type string: texts as they are, everything else as JSON.
pub(super) fn print(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".into(),
        other => crate::encode::to_text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths() {
        let value = json!({
            "spec": {"a.b": 1, "list": [{"n": "x", "v": 1}, {"n": "y", "v": 2}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        });
        for (path, want) in [
            (".spec.list[0].n", json!(["x"])),
            (".spec.list[-1].n", json!(["y"])),
            (".spec.list[*].v", json!([1, 2])),
            (r".spec.a\.b", json!([1])),
            (".spec['a.b']", json!([1])),
            (".status.conditions[?(@.type==\"Ready\")].status", json!(["True"])),
            ("{.spec.list[?(@.v>1)].n}", json!(["y"])),
            (".spec.none", json!([])),
        ] {
            let found = JsonPath::parse(path).expect(path);
            assert_eq!(json!(found.find(&value)), want, "{path}");
        }
        assert_eq!(JsonPath::parse(".a[").expect_err("unclosed"), BadPath);
    }
}
