//! Macros of the extension libraries: `cel.bind`, `optMap`, `sortBy`, `math.least`, and the block family.
use super::{
    Expansion, Expr, ExprId, Literal, Macro, MacroError, Name,
    folds::{self, Expanded, member},
};

/// `cel.bind(name, init, body)`.
pub(crate) const BIND: Macro =
    member("bind", 3, bind).shown("cel.bind(x, value, body)", "cel.bind(x, 2, x * x) == 4");

/// `optMap` and `optFlatMap`.
pub(crate) const OPTIONAL: [Macro; 2] = [
    member("optMap", 2, opt_map)
        .shown("e.optMap(x, value)", "optional.of(1).optMap(x, x + 1) == optional.of(2)"),
    member("optFlatMap", 2, opt_flat_map)
        .shown("e.optFlatMap(x, optional)", "optional.of({'a': 1}).optFlatMap(x, x.?a) == optional.of(1)"),
];

/// `sortBy(x, key)`.
pub(crate) const SORT_BY: Macro = member("sortBy", 2, sort_by)
    .shown("e.sortBy(x, key)", "[{'n': 2}, {'n': 1}].sortBy(x, x.n).map(x, x.n) == [1, 2]");

/// `math.least` and `math.greatest`.
pub(crate) const MATH: [Macro; 2] = [
    Macro {
        function: "least",
        member: true,
        arguments: None,
        usage: "math.least(a, b, ..)",
        example: "math.least(3, 1, 2) == 1",
        expand: |e| extreme(e, "math.least()", "math.@min"),
    },
    Macro {
        function: "greatest",
        member: true,
        arguments: None,
        usage: "math.greatest(a, b, ..)",
        example: "math.greatest([3, 1, 2]) == 3",
        expand: |e| extreme(e, "math.greatest()", "math.@max"),
    },
];

/// Common subexpressions by hand, as optimisers write them: `cel.block([a, b], cel.index(1))`.
pub(crate) const BLOCK: [Macro; 4] = [
    member("block", 2, block).shown("cel.block([a, ..], body)", "cel.block([3], cel.index(0) * 2) == 6"),
    member("index", 1, |e| numbered(e, "@index"))
        .shown("cel.index(0)", "cel.block([3, 4], cel.index(1)) == 4"),
    member("iterVar", 2, |e| numbered(e, "@it:"))
        .shown("cel.iterVar(0, 0)", "[1, 2].all(cel.iterVar(0, 0), cel.iterVar(0, 0) > 0)"),
    member("accuVar", 2, |e| numbered(e, "@ac:"))
        .shown("cel.accuVar(0, 0)", "cel.bind(cel.accuVar(0, 0), 1, cel.accuVar(0, 0) == 1)"),
];

fn called_on(e: &Expansion<'_>, namespace: &str) -> bool {
    e.target().and_then(|target| e.simple_name(target)).is_some_and(|name| &*name == namespace)
}

fn bind(e: &mut Expansion<'_>) -> Expanded {
    if !called_on(e, "cel") {
        return Ok(None);
    }
    let (variable, init, body) = (e.args()[0], e.args()[1], e.args()[2]);
    let name = e
        .simple_name(variable)
        .ok_or_else(|| MacroError::new(variable, "cel.bind() variable names must be simple identifiers"))?;
    Ok(Some(e.bind(name, init, body)))
}

fn opt_map(e: &mut Expansion<'_>) -> Expanded {
    when_present(e, "optMap", true)
}

fn opt_flat_map(e: &mut Expansion<'_>) -> Expanded {
    when_present(e, "optFlatMap", false)
}

/// `target.hasValue() ? body with the variable bound to target.value() : optional.none()`.
fn when_present(e: &mut Expansion<'_>, function: &str, wrap: bool) -> Expanded {
    let Some(target) = e.target() else { return Ok(None) };
    let (variable, body) = (e.args()[0], e.args()[1]);
    let name = e.simple_name(variable).ok_or_else(|| {
        MacroError::new(variable, format!("{function}() variable name must be a simple identifier"))
    })?;
    let present = e.member_call("hasValue", target, Vec::new());
    let again = e.copy(target);
    let value = e.member_call("value", again, Vec::new());
    let bound = e.bind(name, value, body);
    let some = if wrap { e.call("optional.of", vec![bound]) } else { bound };
    let none = e.call("optional.none", Vec::new());
    Ok(Some(e.call("_?_:_", vec![present, some, none])))
}

fn sort_by(e: &mut Expansion<'_>) -> Expanded {
    const INPUT: Name = Name::Static("@__sortBy_input__");
    let Some(target) = e.target() else { return Ok(None) };
    if matches!(e.ast().expr(target), Expr::Literal(_) | Expr::Map { .. } | Expr::Struct { .. }) {
        let message =
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
        return Err(MacroError::new(target, message));
    }
    let range = e.ident(INPUT);
    e.target = Some(range);
    let keys = folds::map(e)?;
    let Some(keys) = keys else { return Ok(None) };
    let input = e.ident(INPUT);
    let sorted = e.member_call("@sortByAssociatedKeys", input, vec![keys]);
    e.target = Some(target);
    Ok(Some(e.bind(INPUT, target, sorted)))
}

fn extreme(e: &mut Expansion<'_>, shown: &str, function: &'static str) -> Expanded {
    if !called_on(e, "math") {
        return Ok(None);
    }
    let args = e.args().to_vec();
    match args[..] {
        [] => Err(MacroError {
            at: e.target(),
            mistake: format!("{shown} requires at least one argument").into(),
        }),
        [arg] => {
            let numbers = match e.ast().expr(arg) {
                Expr::List { items, .. } => {
                    !items.is_empty() && items.iter().all(|item| may_be_number(e, *item))
                }
                _ => may_be_number(e, arg),
            };
            if !numbers {
                return Err(MacroError::new(arg, format!("{shown} invalid single argument value")));
            }
            Ok(Some(e.call(function, args)))
        }
        _ => {
            if let Some(arg) = args.iter().find(|arg| !may_be_number(e, **arg)) {
                return Err(MacroError::new(
                    *arg,
                    format!("{shown} simple literal arguments must be numeric"),
                ));
            }
            let args = if args.len() == 2 { args } else { vec![e.list(args)] };
            Ok(Some(e.call(function, args)))
        }
    }
}

fn may_be_number(e: &Expansion<'_>, id: ExprId) -> bool {
    match e.ast().expr(id) {
        Expr::Literal(literal) => matches!(literal, Literal::Int(_) | Literal::Uint(_) | Literal::Double(_)),
        Expr::List { .. } | Expr::Map { .. } | Expr::Struct { .. } => false,
        _ => true,
    }
}

fn block(e: &mut Expansion<'_>) -> Expanded {
    if !called_on(e, "cel") {
        return Ok(None);
    }
    let args = e.args().to_vec();
    if !matches!(e.ast().expr(args[0]), Expr::List { .. }) {
        return Err(MacroError::new(args[0], "cel.block requires the first arg to be a list literal"));
    }
    Ok(Some(e.call("cel.@block", args)))
}

/// An identifier with the literal arguments in its name.
fn numbered(e: &mut Expansion<'_>, prefix: &str) -> Expanded {
    if !called_on(e, "cel") {
        return Ok(None);
    }
    let mut name = prefix.to_owned();
    for (index, &arg) in e.args().iter().enumerate() {
        let Expr::Literal(Literal::Int(number @ 0..)) = e.ast().expr(arg) else {
            return Err(MacroError::new(arg, "argument must be a non-negative int literal"));
        };
        if index > 0 {
            name.push(':');
        }
        name.push_str(&number.to_string());
    }
    Ok(Some(e.ident(name)))
}
