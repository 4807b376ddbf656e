//! Prices of function calls. One formula serves the evaluation, where sizes are known, and the static estimate, where
//! they are intervals.
use crate::{Type, Value};
use std::{
    fmt,
    ops::{Add, Mul},
};

/// The price of a call in cost units.
#[derive(Clone, Copy)]
pub enum Cost {
    /// The same for every call.
    Fixed(u64),
    /// A tenth of the size of the first argument, rounded up: reading a text once.
    Traverse,
    /// A formula over the sizes of arguments and result; see [`Value::cost_size`].
    Sizes(fn(&Sizes<'_>) -> Bounds),
    /// A formula over the values; the second function estimates it from sizes.
    Values(fn(&[Value<'_>], &Value<'_>) -> u64, fn(&Sizes<'_>) -> Bounds),
}

impl Cost {
    /// The price of a call with these arguments and this result.
    pub fn of(&self, args: &[Value<'_>], result: &Value<'_>) -> u64 {
        match self {
            Self::Fixed(cost) => *cost,
            Self::Traverse => args.first().map_or(0, Value::cost_size).div_ceil(10),
            Self::Sizes(formula) => formula(&Sizes { source: Source::Values(args, result) }).max as u64,
            Self::Values(formula, _) => formula(args, result),
        }
    }

    /// The price of a call with such arguments and a result of this size.
    pub fn estimate(&self, args: &[Argument<'_>], result: Bounds) -> Bounds {
        match self {
            Self::Fixed(cost) => Bounds::exactly(*cost as f64),
            Self::Traverse => args.first().map_or(Bounds::exactly(0.0), |argument| argument.size).tenth(),
            Self::Sizes(formula) | Self::Values(_, formula) => {
                formula(&Sizes { source: Source::Bounds(args, result) })
            }
        }
    }
}

impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(cost) => write!(f, "Fixed({cost})"),
            Self::Traverse => f.write_str("Traverse"),
            Self::Sizes(_) => f.write_str("Sizes(..)"),
            Self::Values(..) => f.write_str("Values(..)"),
        }
    }
}

/// What an estimate knows about an argument.
#[derive(Debug, Clone, Copy)]
pub struct Argument<'s> {
    /// Its type.
    pub ty: &'s Type,
    /// Its size.
    pub size: Bounds,
    /// The size of each of its items, when it is a list.
    pub item: Bounds,
    /// Its value, when it is an integer literal.
    pub int: Option<i64>,
}

/// The sizes a price is computed from.
#[derive(Debug)]
pub struct Sizes<'s> {
    source: Source<'s>,
}

#[derive(Debug)]
enum Source<'s> {
    Values(&'s [Value<'s>], &'s Value<'s>),
    Bounds(&'s [Argument<'s>], Bounds),
}

impl<'s> Sizes<'s> {
    /// Sizes before there are values; nothing is known about the result.
    pub(crate) fn of_arguments(args: &'s [Argument<'s>]) -> Self {
        Self { source: Source::Bounds(args, Bounds::ANY) }
    }
}

impl Sizes<'_> {
    /// Size of an argument, the receiver being number 0; one that is not there has size 0.
    pub fn arg(&self, index: usize) -> Bounds {
        match &self.source {
            Source::Values(args, _) => Bounds::exactly(args.get(index).map_or(0, Value::cost_size) as f64),
            Source::Bounds(args, _) => args.get(index).map_or(Bounds::exactly(0.0), |argument| argument.size),
        }
    }

    /// What an estimate knows about an argument; `None` where there are values.
    pub fn argument(&self, index: usize) -> Option<&Argument<'_>> {
        match &self.source {
            Source::Values(..) => None,
            Source::Bounds(args, _) => args.get(index),
        }
    }

    /// Size of the result.
    pub fn result(&self) -> Bounds {
        match &self.source {
            Source::Values(_, result) => Bounds::exactly(result.cost_size() as f64),
            Source::Bounds(_, result) => *result,
        }
    }
}

/// An interval of sizes or costs, both ends included. Ends are never negative; the upper one may be infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Bounds {
    /// Nothing is known.
    pub const ANY: Self = Self { min: 0.0, max: f64::INFINITY };

    /// One number.
    pub fn exactly(number: f64) -> Self {
        Self { min: number, max: number }
    }

    /// From nothing to the upper end.
    #[must_use]
    pub fn up_to(self) -> Self {
        Self { min: 0.0, max: self.max }
    }

    /// The price of comparing two things of these sizes: a tenth of the shorter, at least one unit.
    #[must_use]
    pub fn comparison(self, other: Self) -> Self {
        let max = self.max.min(other.max);
        Self { min: f64::from(u8::from(max > 0.0)), max }.tenth()
    }

    /// A tenth, rounded up: the price of reading so many characters.
    #[must_use]
    pub fn tenth(self) -> Self {
        self.scale(0.1).ceil()
    }

    /// Times a factor.
    #[must_use]
    pub fn scale(self, factor: f64) -> Self {
        Self { min: self.min * factor, max: self.max * factor }
    }

    /// Rounded up.
    #[must_use]
    pub fn ceil(self) -> Self {
        Self { min: ceil(self.min), max: ceil(self.max) }
    }

    /// Rounded down.
    #[must_use]
    pub fn floor(self) -> Self {
        Self { min: self.min.floor(), max: self.max.floor() }
    }

    /// The smaller of two numbers within the intervals.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.min(other.max) }
    }

    /// The greater of two numbers within the intervals.
    #[must_use]
    pub fn greatest(self, other: Self) -> Self {
        Self { min: self.min.max(other.min), max: self.max.max(other.max) }
    }

    /// The smallest interval that holds both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}

/// [`f64::ceil`] without a call into the mathematical library, which old processors need for it.
fn ceil(number: f64) -> f64 {
    // From here on every double is whole.
    const WHOLE: f64 = (1_u64 << 52) as f64;
    if !(0.0..WHOLE).contains(&number) {
        return number.ceil();
    }
    // The sum is rounded to the nearest whole number.
    let near = (number + WHOLE) - WHOLE;
    if near < number { near + 1.0 } else { near }
}

impl Add for Bounds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { min: self.min + other.min, max: self.max + other.max }
    }
}

impl Add<f64> for Bounds {
    type Output = Self;

    fn add(self, other: f64) -> Self {
        self + Self::exactly(other)
    }
}

impl Mul for Bounds {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        // Nothing times something without bound is nothing.
        let max = if self.max == 0.0 || other.max == 0.0 { 0.0 } else { self.max * other.max };
        Self { min: self.min * other.min, max }
    }
}
