//! Declarations: what names, functions, types and macros an expression may use. Cheap to extend: a clone shares
//! everything, and a variable is one link in front of the others.
use crate::{
    Ast, Cost, Functions, Issue, Library, Macro, Overload, Program, ResultSize, Type, Types, check::Checked,
};
use indexmap::IndexMap;
use std::{fmt, sync::Arc};

/// Declared variables, functions and types.
#[derive(Debug, Clone)]
pub struct Env {
    pub(crate) declarations: Arc<Declarations>,
    pub(crate) types: Arc<dyn Types>,
    pub(crate) container: Arc<str>,
    pub(crate) options: Options,
    variables: Option<Arc<Variable>>,
    costs: Option<Arc<dyn CostProfile>>,
}

/// Everything libraries declare.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declarations {
    pub(crate) functions: IndexMap<String, Vec<Arc<Overload>>>,
    pub(crate) types: IndexMap<String, Type>,
    pub(crate) macros: Vec<Macro>,
}

#[derive(Debug)]
struct Variable {
    name: Arc<str>,
    ty: Type,
    next: Option<Arc<Variable>>,
}

/// What a dialect allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches of the language")]
pub struct Options {
    /// `a.?b`, `a[?b]`, `[?a]`, `{?a: b}`.
    pub optional_syntax: bool,
    /// Fields in backticks: ``a.`b-c` ``.
    pub quoted_fields: bool,
    /// Whether calls of macros are expanded.
    pub macros: bool,
    /// Items of a list, keys of a map and values of a map must have one type.
    pub homogeneous_literals: bool,
    /// `1 < 1.5` type-checks.
    pub mixed_comparisons: bool,
    /// Fold constant literals and conversions when planning; they cost nothing then.
    pub fold_constants: bool,
    /// `has(a.b)` costs nothing for itself.
    pub free_presence_tests: bool,
    /// Nesting and length of operator chains, as cel-go counts both.
    pub max_depth: u32,
    /// Length of the text in code points.
    pub max_code_points: u32,
}

impl Default for Options {
    /// The language as specified, with cel-go's limits: nesting 250, 100 000 code points.
    fn default() -> Self {
        Self {
            optional_syntax: true,
            quoted_fields: true,
            macros: true,
            homogeneous_literals: false,
            mixed_comparisons: false,
            fold_constants: false,
            free_presence_tests: false,
            max_depth: 250,
            max_code_points: 100_000,
        }
    }
}

/// Prices that a host sets for functions whose library does not.
pub trait CostProfile: fmt::Debug + Send + Sync {
    /// The price of an overload; `None` for the language's default.
    fn cost(&self, function: &str, overload: &str) -> Option<Cost>;

    /// The size of the result of an overload that this profile prices; `None` for what its library says.
    fn result_size(&self, _function: &str, _overload: &str) -> Option<ResultSize> {
        None
    }
}

impl Env {
    /// An environment with these libraries and struct types, no variables, default options.
    pub fn new(libraries: &[&dyn Library], types: Arc<dyn Types>) -> Self {
        let env = Self {
            declarations: Arc::default(),
            types,
            container: "".into(),
            options: Options::default(),
            variables: None,
            costs: None,
        };
        env.with_libraries(libraries)
    }

    /// With more libraries.
    #[must_use]
    pub fn with_libraries(&self, libraries: &[&dyn Library]) -> Self {
        let mut env = self.clone();
        let declarations = Arc::make_mut(&mut env.declarations);
        let mut functions = Functions::default();
        for library in libraries {
            library.declare(&mut functions);
        }
        for overload in functions.overloads {
            let overloads = declarations.functions.entry(overload.signature.function.clone()).or_default();
            match overloads.iter_mut().find(|existing| existing.id == overload.id) {
                Some(existing) => *existing = Arc::new(overload),
                None => overloads.push(Arc::new(overload)),
            }
        }
        for definition in functions.macros {
            let same = |m: &Macro| {
                (m.function, m.member, m.arguments)
                    == (definition.function, definition.member, definition.arguments)
            };
            match declarations.macros.iter_mut().find(|m| same(m)) {
                Some(existing) => *existing = definition,
                None => declarations.macros.push(definition),
            }
        }
        declarations.types.extend(functions.types);
        env
    }

    /// With one more variable. It hides an earlier one of the same name. A dotted name is a qualified name.
    #[must_use]
    pub fn with_variable(&self, name: &str, ty: Type) -> Self {
        let variable = Variable { name: name.into(), ty, next: self.variables.clone() };
        Self { variables: Some(Arc::new(variable)), ..self.clone() }
    }

    /// With other struct types.
    #[must_use]
    pub fn with_types(&self, types: Arc<dyn Types>) -> Self {
        Self { types, ..self.clone() }
    }

    /// With a container: names are looked up in this namespace and the ones around it first.
    #[must_use]
    pub fn with_container(&self, container: &str) -> Self {
        Self { container: container.into(), ..self.clone() }
    }

    /// With other options.
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self { options, ..self.clone() }
    }

    /// With a host's prices.
    #[must_use]
    pub fn with_costs(&self, costs: Arc<dyn CostProfile>) -> Self {
        Self { costs: Some(costs), ..self.clone() }
    }

    /// The options.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The type of a variable.
    pub fn variable(&self, name: &str) -> Option<&Type> {
        let mut next = self.variables.as_deref();
        while let Some(variable) = next {
            if *variable.name == *name {
                return Some(&variable.ty);
            }
            next = variable.next.as_deref();
        }
        None
    }

    /// The names of all variables, the latest first.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.variables.as_deref(), |variable| variable.next.as_deref())
            .map(|variable| &*variable.name)
    }

    /// Whether a function or operator of this name is declared. Namespaced functions have dotted names.
    pub fn has_function(&self, name: &str) -> bool {
        self.declarations.functions.contains_key(name)
    }

    /// All overloads, in the order of declaration.
    pub fn overloads(&self) -> impl Iterator<Item = &Overload> {
        self.declarations.functions.values().flatten().map(|overload| &**overload)
    }

    /// All macros, in the order of declaration.
    pub fn macros(&self) -> impl Iterator<Item = &Macro> {
        self.declarations.macros.iter()
    }

    /// Parses with this environment's macros and options. Never fails: a tree with holes, and what was wrong.
    pub fn parse(&self, text: &str) -> (Ast, Vec<Issue>) {
        crate::syntax::parse(text, &self.declarations.macros, self.options)
    }

    /// Checks a tree: the type of every expression, the overloads of every call, and what is wrong.
    pub fn check(&self, ast: Ast) -> Checked {
        crate::check::check(self, ast)
    }

    /// Parses, checks and plans. All issues of the first step that finds any.
    pub fn compile(&self, text: &str) -> Result<Program, Vec<Issue>> {
        let (ast, issues) = self.parse(text);
        if !issues.is_empty() {
            return Err(issues);
        }
        let checked = self.check(ast);
        if !checked.issues().is_empty() {
            return Err(checked.into_issues());
        }
        self.plan(&checked)
    }

    /// Parses and plans without types: names and overloads are resolved when evaluated.
    pub fn compile_unchecked(&self, text: &str) -> Result<Program, Vec<Issue>> {
        let (ast, issues) = self.parse(text);
        if issues.is_empty() { self.plan(&Checked::unchecked(ast)) } else { Err(issues) }
    }

    /// Plans a checked tree.
    pub fn plan(&self, checked: &Checked) -> Result<Program, Vec<Issue>> {
        crate::plan::plan(self, checked)
    }

    /// The price of an overload: its own, the host's, or one unit.
    pub(crate) fn cost(&self, overload: &Overload) -> Cost {
        let host = || {
            let profile = self.costs.as_ref()?;
            overload.profile_cost.or_else(|| profile.cost(&overload.signature.function, &overload.id))
        };
        overload.cost.or_else(host).or(overload.default_cost).unwrap_or(Cost::Fixed(1))
    }
    /// The size of an overload's result, and whether it is the host's word.
    pub(crate) fn result_size(&self, overload: &Overload) -> Option<(ResultSize, bool)> {
        let profile = self.costs.as_ref().filter(|_| overload.cost.is_none());
        let host =
            profile.and_then(|profile| profile.result_size(&overload.signature.function, &overload.id));
        host.map(|formula| (formula, true)).or_else(|| Some((overload.result_size?, false)))
    }
}
