//! Chains of text concatenations, which make one text. Refuses everything else that `+` joins (`operate`).
use super::{Evaluated, Machine, price::tenth};
use crate::{
    EvalError, TextBuffer, Value,
    plan::{NodeId, Part},
    value::code_points,
};

impl<'a> Machine<'_, 'a> {
    /// A chain of text concatenations in one go, charged as the steps it stands for.
    #[inline(never)]
    pub(super) fn concat(&mut self, id: NodeId, parts: &'a [Part]) -> Evaluated<'a> {
        let mut whole = TextBuffer::new();
        let mut code_points = 0;
        for (index, part) in parts.iter().enumerate() {
            let mut digits = itoa::Buffer::new();
            let made;
            let text = match self.quick_part(part, &mut digits) {
                Ok((text, size, price)) => {
                    self.charge(price)?;
                    code_points += size;
                    text
                }
                Err(node) => {
                    match self.eval(node) {
                        Ok(Value::String(text)) => made = text,
                        other => return self.broken_concat(id, index, other, &parts[index + 1..]),
                    }
                    code_points += made.code_points() as u64;
                    &made
                }
            };
            self.reserve(text.len())?;
            whole.push_str(text);
            if index > 0 {
                self.charge(tenth(code_points))?;
            }
        }
        Ok(Value::String(whole.finish()))
    }

    /// A part as a value.
    fn part(&mut self, part: &'a Part) -> Evaluated<'a> {
        match part {
            Part::Text { text, cost, .. } => {
                self.charge(*cost)?;
                Ok(Value::str(text))
            }
            Part::Integer { call: node, .. } | Part::Node(node) => self.eval(*node),
        }
    }

    /// A part that is there without making a value of it: its text, the code points of that, and its price. Otherwise
    /// the node to evaluate.
    #[inline]
    fn quick_part<'p>(
        &self,
        part: &'a Part,
        digits: &'p mut itoa::Buffer,
    ) -> Result<(&'p str, u64, u64), NodeId>
    where
        'a: 'p,
    {
        match part {
            Part::Text { text, code_points, cost } => Ok((text, *code_points, *cost)),
            Part::Integer { path, price, call } => {
                let (json, paid) = self.quick_member(*path).ok_or(*call)?;
                let text = digits.format(json.as_i64().ok_or(*call)?);
                Ok((text, text.len() as u64, paid + price))
            }
            Part::Node(node) => match self.quick_member(*node) {
                Some((serde_json::Value::String(text), price)) => Ok((text, code_points(text) as u64, price)),
                _ => Err(*node),
            },
        }
    }

    /// The rest of a chain, one of whose parts is no text: every step costs a unit from there on.
    #[cold]
    fn broken_concat(
        &mut self,
        id: NodeId,
        index: usize,
        first: Evaluated<'a>,
        rest: &'a [Part],
    ) -> Evaluated<'a> {
        let mut result = self.no_text(id, first)?;
        self.charge(u64::from(index > 0))?;
        for part in rest {
            let part = self.part(part);
            if let Ok(Value::String(_)) = part {
                self.charge(1)?;
                continue;
            }
            let part = self.no_text(id, part)?;
            self.charge(1)?;
            result = match (result, part) {
                (Ok(Value::Unknown(a)), Ok(Value::Unknown(b))) => Ok(Value::Unknown(a.merge(&b))),
                (first, _) => first,
            };
        }
        result
    }

    /// What a chain comes to because of a part that is no text, unless a limit ends it.
    fn no_text(&self, id: NodeId, part: Evaluated<'a>) -> Result<Evaluated<'a>, EvalError> {
        match part {
            Err(fatal) if fatal.is_fatal() => Err(fatal),
            Ok(Value::Unknown(_)) | Err(_) => Ok(part),
            Ok(_) => Ok(Err(self.at(id, EvalError::no_such_overload()))),
        }
    }
}
