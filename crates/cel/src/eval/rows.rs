//! Conditions on the items of JSON lists, answered from the items themselves. Whatever is not simply there, or not
//! simply read as what it is, is left to the general evaluation: the answer is `None` then.
use super::quick::beside_constant;
use crate::{
    Column, Form, Plain, Shape,
    plan::{MOST_MEMBERS, Rows, Test},
};
use serde_json::Value as Json;

/// A condition with the places of its members in objects of one shape.
pub(super) struct Condition<'p, 'a> {
    test: &'p Test,
    columns: [Column<'a>; MOST_MEMBERS],
}

impl<'a> Condition<'a, 'a> {
    /// `None` where the shape does not say where all its objects keep the members.
    pub(super) fn new(rows: &'a Rows, shape: &'a dyn Shape) -> Option<Self> {
        let mut columns = [Column { key: "", shape: &Plain, null_is_absent: false }; MOST_MEMBERS];
        for (column, (name, hint)) in columns.iter_mut().zip(&rows.names) {
            *column = shape.column(name, hint)?;
        }
        Some(Self { test: &rows.test, columns })
    }

    /// The answer for an item, and the price of the condition.
    #[inline]
    pub(super) fn answer(&self, item: &'a Json) -> Option<(bool, u64)> {
        let Json::Object(object) = item else { return None };
        self.part(self.test, object)
    }

    fn part(&self, test: &Test, object: &'a serde_json::Map<String, Json>) -> Option<(bool, u64)> {
        match test {
            Test::Not(operand) => {
                let (answer, price) = self.part(operand, object)?;
                Some((!answer, price + 1))
            }
            Test::Logic { operands, decisive } => {
                let mut spent = 0;
                for operand in operands {
                    let (answer, price) = match operand {
                        Test::Not(_) | Test::Logic { .. } => self.part(operand, object)?,
                        // No call for most.
                        _ => self.member_test(operand, object)?,
                    };
                    spent += price;
                    if answer == *decisive {
                        return Some((answer, spent));
                    }
                }
                Some((!decisive, spent))
            }
            _ => self.member_test(test, object),
        }
    }

    /// A test of one member.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the test")]
    fn member_test(&self, test: &Test, object: &'a serde_json::Map<String, Json>) -> Option<(bool, u64)> {
        match test {
            Test::Compare { member, operator, constant, price } => {
                let (answer, cost) = beside_constant(*operator, self.plain(*member, object)?, constant)?;
                Some((answer, price + cost))
            }
            Test::Holds { member, price } => match self.plain(*member, object)? {
                Json::Bool(value) => Some((*value, *price)),
                _ => None,
            },
            Test::Present { member, price } => match self.columns[*member].find(object) {
                Some((_, Form::Other)) => None,
                found => Some((found.is_some(), *price)),
            },
            Test::Not(_) | Test::Logic { .. } => None,
        }
    }

    #[inline]
    fn plain(&self, member: usize, object: &'a serde_json::Map<String, Json>) -> Option<&'a Json> {
        match self.columns[member].find(object)? {
            (json, Form::Plain) => Some(json),
            _ => None,
        }
    }
}
