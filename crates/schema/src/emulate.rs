//! A placeholder value that fits a schema, as a stand-in for an object that does not exist yet.

use crate::{Constraints, Kind, Schema, formats, validate};
use serde_json::{Map, Number, Value};

/// Optional objects below this depth are left out: shared children could multiply without bound.
const MAX_DEPTH: usize = 12;

/// A value that fits: defaults and enumerated values where there are some, every declared property, empty maps.
/// Equal seeds give equal values. A `pattern` is met where a usual text or its [example](crate::Pattern::example) meets it; rules are not looked at.
pub fn emulate(schema: &Schema, seed: u64) -> Value {
    Emulator { state: seed }.value(schema, 0)
}

struct Emulator {
    state: u64,
}

impl Emulator {
    fn value(&mut self, schema: &Schema, depth: usize) -> Value {
        if let Some(default) = &schema.default {
            let mut value = default.clone();
            crate::normalize::apply_defaults(schema, &mut value);
            return value;
        }
        let constraints = &schema.constraints;
        if !constraints.allowed.is_empty() {
            let at = self.below(constraints.allowed.len() as u64) as usize;
            return constraints.allowed[at].clone();
        }
        match &schema.kind {
            Kind::Object { .. } => self.object(schema, depth),
            Kind::Array { items } => {
                let count =
                    constraints.min_items.unwrap_or(1).min(constraints.max_items.unwrap_or(1)).clamp(0, 16);
                (0..count).map(|_| self.value(items, depth + 1)).collect()
            }
            Kind::String => self.text(schema),
            Kind::Integer => {
                let number = self.number(constraints);
                Value::from(if constraints.multiple_of.is_some() {
                    number.floor() as i64
                } else {
                    number.ceil() as i64
                })
            }
            Kind::Number => Number::from_f64(self.number(constraints)).map_or(Value::Null, Value::Number),
            Kind::Boolean => Value::Bool(self.below(2) == 1),
            Kind::IntOrString => Value::from(self.number(constraints).ceil() as i64),
            Kind::Any => Value::Object(Map::new()),
        }
    }

    fn object(&mut self, schema: &Schema, depth: usize) -> Value {
        let Kind::Object { properties, embedded, .. } = &schema.kind else { return Value::Null };
        let mut map = Map::new();
        for (name, child) in properties {
            let nests = matches!(child.kind, Kind::Object { .. } | Kind::Array { .. });
            if !nests || depth < MAX_DEPTH || schema.requires(name) {
                map.insert(name.to_string(), self.value(child, depth + 1));
            }
        }
        if *embedded {
            map.entry("apiVersion").or_insert_with(|| "v1".into());
            map.entry("kind").or_insert_with(|| "ConfigMap".into());
        }
        Value::Object(map)
    }

    fn text(&mut self, schema: &Schema) -> Value {
        let constraints = &schema.constraints;
        let plain = format!("dummy-string-{}", self.below(1000));
        let candidates = [
            plain.as_str(),
            "dummy",
            "a",
            "A",
            "1",
            "a1",
            "Dummy",
            "a.b",
            "a/b",
            "v1",
            "10.0.0.1",
            "10.0.0.0/8",
            "::1",
            "1h",
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "YQ==",
            "https://example.com/a",
            "a@example.com",
            "example.com",
            "00:00:5e:00:53:01",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
            "#ffffff",
            "100m",
            "1Gi",
            "",
        ];
        let fits = |text: &&&str| {
            let format = constraints.format.as_deref().and_then(|format| formats::check(format, text));
            format != Some(false) && validate::validate(schema, &Value::from(**text)).is_empty()
        };
        if let Some(text) = candidates.iter().find(fits) {
            return Value::from(*text);
        }
        let least = constraints.min_length.unwrap_or(1).clamp(1, 4096) as usize;
        let example = constraints.pattern.as_ref().and_then(|pattern| pattern.example(least));
        if let Some(text) = example.filter(|text| fits(&&text.as_str())) {
            return Value::from(text);
        }
        let most = constraints.max_length.unwrap_or(4096).clamp(0, 4096) as usize;
        Value::from("a".repeat(least.min(most)))
    }

    fn number(&mut self, constraints: &Constraints) -> f64 {
        let bound = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
        let lowest =
            bound(&constraints.minimum).unwrap_or(0.0_f64.min(bound(&constraints.maximum).unwrap_or(0.0)));
        let highest = bound(&constraints.maximum).unwrap_or(lowest + 1000.0);
        if let Some(step) = bound(&constraints.multiple_of).filter(|step| *step > 0.0) {
            let first = (lowest / step).ceil() * step;
            return if constraints.exclusive_minimum && first <= lowest { first + step } else { first };
        }
        let width = (highest - lowest).clamp(0.0, 1000.0).floor() as u64;
        let low = lowest + if constraints.exclusive_minimum { 1.0 } else { 0.0 };
        let value = low + self.below(width.max(1)) as f64;
        if value > highest || (constraints.exclusive_maximum && value >= highest) { low } else { value }
    }

    /// A number below a bound, from a linear congruential generator (Knuth's MMIX constants).
    fn below(&mut self, bound: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_made_up_fits(schema in strategy::schema(), seed in any::<u64>()) {
            let value = emulate(&schema, seed);
            prop_assert_eq!(validate::validate(&schema, &value), vec![], "{}", value);
            prop_assert_eq!(emulate(&schema, seed), value);
        }
    }
}
