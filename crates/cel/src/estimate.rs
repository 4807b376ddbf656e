//! What an expression costs at worst, before there is data: intervals of cost and size from the leaves to the root, as
//! cel-go's estimator computes them. Refuses to know where sizes of data come from: a [`DataSizes`] answers.
use crate::{Bounds, Checked, Env, Type};
use std::{fmt::Debug, sync::Arc};

mod calls;
mod walk;

/// What a host knows about the sizes of its data.
pub trait DataSizes: Debug {
    /// The size of what stands at a place; `None` when nothing is known. Sizes are those of
    /// [`Value::cost_size`](crate::Value::cost_size). Asked, too, about results that stand nowhere in the data.
    fn size(&self, place: Option<&Place>, ty: &Type) -> Option<Bounds>;

    /// Whether to know no more than cel-go and Kubernetes do. Which definitions a server accepts hangs on it. Otherwise
    /// the estimate also follows optional selections and conversions, and never lies below what is counted.
    fn as_upstream(&self) -> bool {
        false
    }
}

/// Nothing is known about any data.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnknownSizes;

impl DataSizes for UnknownSizes {
    fn size(&self, _place: Option<&Place>, _ty: &Type) -> Option<Bounds> {
        None
    }
}

/// A place in the data of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Where it starts; `None` for items of a literal, which only estimates as upstream's ask about.
    pub variable: Option<Arc<str>>,
    /// What leads from there to it.
    pub steps: Vec<PlaceStep>,
}

/// One step of a [`Place`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceStep {
    /// A field by the name expressions use.
    Field(Arc<str>),
    /// Any item of a list.
    Items,
    /// The index of any item of a list.
    Indices,
    /// Any key of a map.
    Keys,
    /// Any value of a map.
    Values,
}

impl Env {
    /// The least and the most that evaluations of a checked expression cost. Without bound in what has issues.
    ///
    /// ```
    /// use kro_cel::{Bounds, Env, NoTypes, Type, UnknownSizes, library};
    /// use std::sync::Arc;
    ///
    /// let env = Env::new(&[&library::Standard], Arc::new(NoTypes)).with_variable("names", Type::list(Type::String));
    /// let cost = |text: &str| env.estimate(&env.check(env.parse(text).0), &UnknownSizes).max;
    /// assert_eq!(cost("'abc'.contains('b') && 1 < 2"), 2.0);
    /// assert_eq!(cost("names.all(name, name != '')"), f64::INFINITY);
    /// ```
    pub fn estimate(&self, checked: &Checked, sizes: &dyn DataSizes) -> Bounds {
        if !checked.is_checked() || !checked.issues().is_empty() {
            return Bounds::ANY;
        }
        walk::Estimator::new(self, checked, sizes).cost()
    }
}

impl Place {
    /// The place of a variable.
    pub fn variable(name: &str) -> Self {
        Self { variable: Some(name.into()), steps: Vec::new() }
    }

    /// One step further.
    #[must_use]
    pub fn join(&self, step: PlaceStep) -> Self {
        let mut steps = Vec::with_capacity(self.steps.len() + 1);
        steps.extend_from_slice(&self.steps);
        steps.push(step);
        Self { variable: self.variable.clone(), steps }
    }
}
