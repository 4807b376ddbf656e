//! What a library is: functions with signature, code and cost in one row each, macros, and names of types.
//! Refuses non-strict functions: logic, conditionals and optional fallbacks belong to the planner.
use crate::{Checked, EvalError, ExprId, Macro, Signature, Type, Value};
use std::{borrow::Cow, fmt, sync::Arc};

pub mod arguments;
mod call;
mod cost;
mod lists;
mod math;
mod optionals;
mod regex;
mod small;
mod standard;
mod strings;

pub use call::Call;
pub use cost::{Argument, Bounds, Cost, Sizes};
pub use lists::Lists;
pub use math::Math;
pub use optionals::Optionals;
pub use regex::Regex;
pub use small::{Bindings, Block, Encoders, TwoVariables};
pub use standard::Standard;
pub use strings::Strings;

pub(crate) use standard::to_string;

/// The extension libraries of cel-go in their latest versions, sets aside: lists as sets are among Kubernetes'
/// libraries.
pub const EXTENSIONS: &[&dyn Library] =
    &[&Strings::LATEST, &Lists, &Math, &Encoders, &Bindings, &Optionals, &TwoVariables, &Regex];

/// A group of functions that a host enables together.
pub trait Library: fmt::Debug + Send + Sync {
    /// Its name, for documentation.
    fn name(&self) -> &'static str;

    /// Adds everything the library has.
    fn declare(&self, functions: &mut Functions);
}

/// Collects what libraries declare.
#[derive(Debug, Default)]
pub struct Functions {
    pub(crate) overloads: Vec<Overload>,
    pub(crate) macros: Vec<Macro>,
    pub(crate) types: Vec<(String, Type)>,
}

impl Functions {
    /// Adds an overload. One with the id of an earlier overload replaces it.
    pub fn add(&mut self, overload: Overload) {
        self.overloads.push(overload);
    }

    /// Adds a macro. One with the name, style and number of arguments of an earlier macro replaces it.
    pub fn add_macro(&mut self, definition: Macro) {
        self.macros.push(definition);
    }

    /// Makes `name` an identifier for the type `ty`, as in `type(x) == net.IP`.
    pub fn add_type(&mut self, name: impl Into<String>, ty: Type) {
        self.types.push((name.into(), ty));
    }
}

/// The code of a function. Arguments fit the overload's parameters; none is unknown.
pub type Function = for<'a> fn(&mut Call<'_>, &[Value<'a>]) -> Result<Value<'a>, EvalError>;

/// The code of a function that carries state of its own.
pub type StatefulFunction =
    Arc<dyn for<'a> Fn(&mut Call<'_>, &[Value<'a>]) -> Result<Value<'a>, EvalError> + Send + Sync>;

/// Code prepared for constant arguments, asked once when a program is planned. `None` stands for an argument that is
/// not constant; the answer `None` keeps the general code; an error makes the expression invalid.
pub type Specialise = fn(&[Option<&Value<'static>>]) -> Option<Result<StatefulFunction, EvalError>>;

/// A look at a call that is well typed: what else is wrong, and which expression to point at. The arguments start with
/// the receiver.
pub type Validate = fn(&Checked, call: ExprId, args: &[ExprId]) -> Vec<(ExprId, String)>;

/// The size of a result, from what is known about the arguments.
pub type ResultSize = fn(&Sizes<'_>) -> Bounds;

/// How a function is run.
#[derive(Clone)]
pub enum Implementation {
    /// Plain code.
    Function(Function),
    /// Code with state.
    Stateful(StatefulFunction),
    /// The evaluator itself knows how, or the function is declared for checking only.
    BuiltIn,
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function(_) => "Function",
            Self::Stateful(_) => "Stateful",
            Self::BuiltIn => "BuiltIn",
        })
    }
}

/// One row: a signature with its code and its cost.
#[derive(Debug, Clone)]
pub struct Overload {
    /// Unique id, such as `string_to_int64`.
    pub id: Arc<str>,
    /// Function name and types.
    pub signature: Signature,
    /// The code.
    pub implementation: Implementation,
    /// Price of a call, which no cost profile overrides.
    pub cost: Option<Cost>,
    /// Price of a call where the host has a cost profile, before what the profile says.
    pub profile_cost: Option<Cost>,
    /// Price of a call where the cost profile has none; one unit without it.
    pub default_cost: Option<Cost>,
    /// Size of the result; nothing is known without it. Scalars need none.
    pub result_size: Option<ResultSize>,
    /// Hook for constant arguments.
    pub specialise: Option<Specialise>,
    /// Looks at a call that is well typed.
    pub validate: Option<Validate>,
    /// An expression that is true, shown in the reference and run as a test.
    pub example: Option<Cow<'static, str>>,
}

impl Overload {
    /// A row. `signature` is a literal of the library; see [`Signature::parse`].
    ///
    /// # Panics
    /// When the signature does not parse, which is a mistake in the library.
    pub fn new(id: &str, signature: &str, code: Function) -> Self {
        Self::with_implementation(id, signature, Implementation::Function(code))
    }

    /// A row for checking only; calling it fails with `no such overload`.
    pub fn declaration(id: &str, signature: &str) -> Self {
        Self::with_implementation(id, signature, Implementation::BuiltIn)
    }

    /// A row with any kind of code.
    pub fn with_implementation(id: &str, signature: &str, implementation: Implementation) -> Self {
        let signature =
            Signature::parse(signature).expect("invariant: a library's signatures are valid literals");
        Self {
            id: id.into(),
            signature,
            implementation,
            cost: None,
            profile_cost: None,
            default_cost: None,
            result_size: None,
            specialise: None,
            validate: None,
            example: None,
        }
    }

    /// With a price that no cost profile overrides.
    #[must_use]
    pub fn cost(mut self, cost: Cost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// With a price that counts only where the host has a cost profile, as Kubernetes' own functions have.
    #[must_use]
    pub fn profile_cost(mut self, cost: Cost) -> Self {
        self.profile_cost = Some(cost);
        self
    }

    /// With a price that a cost profile may override.
    #[must_use]
    pub fn default_cost(mut self, cost: Cost) -> Self {
        self.default_cost = Some(cost);
        self
    }

    /// With the size of the result, from the sizes of the arguments.
    #[must_use]
    pub fn result_size(mut self, formula: ResultSize) -> Self {
        self.result_size = Some(formula);
        self
    }

    /// With a hook for constant arguments.
    #[must_use]
    pub fn specialise(mut self, hook: Specialise) -> Self {
        self.specialise = Some(hook);
        self
    }

    /// With a look at calls that are well typed.
    #[must_use]
    pub fn validate(mut self, hook: Validate) -> Self {
        self.validate = Some(hook);
        self
    }

    /// With an example that is true.
    #[must_use]
    pub fn example(mut self, expression: impl Into<Cow<'static, str>>) -> Self {
        self.example = Some(expression.into());
        self
    }
}
