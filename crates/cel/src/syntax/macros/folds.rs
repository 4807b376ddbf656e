//! Macros over one and two variables: `all`, `exists`, `exists_one`, `map`, `filter`, `transform*`, and `has`.
use crate::Mistake;

use super::{Comprehension, Expansion, Expr, ExprId, Fold, Literal, Macro, MacroError, Name};

/// The accumulator of every fold.
pub(crate) const RESULT: &str = "@result";
/// Its former name, still refused as a variable.
const FORMER_RESULT: &str = "__result__";

/// What a macro makes of a call; `None` leaves the call as it is.
pub(super) type Expanded = Result<Option<ExprId>, MacroError>;

/// The macros of the language itself.
pub(crate) const STANDARD: [Macro; 8] = [
    Macro {
        function: "has",
        member: false,
        arguments: Some(1),
        usage: "has(e.field)",
        example: "has({'a': 1}.a) && !has({'a': 1}.b)",
        expand: has,
    },
    member("all", 2, |e| quantifier(e, all)).shown("e.all(x, predicate)", "[1, 2].all(x, x > 0)"),
    member("exists", 2, |e| quantifier(e, exists)).shown("e.exists(x, predicate)", "[1, 2].exists(x, x > 1)"),
    member("exists_one", 2, |e| quantifier(e, exists_one))
        .shown("e.exists_one(x, predicate)", "[1, 2].exists_one(x, x > 1)"),
    member("existsOne", 2, |e| quantifier(e, exists_one))
        .shown("e.existsOne(x, predicate)", "[1, 2].existsOne(x, x > 1)"),
    member("map", 2, map).shown("e.map(x, item)", "[1, 2].map(x, x * 2) == [2, 4]"),
    member("map", 3, map).shown("e.map(x, predicate, item)", "[1, 2].map(x, x > 1, x * 2) == [4]"),
    member("filter", 2, filter).shown("e.filter(x, predicate)", "[1, 2].filter(x, x > 1) == [2]"),
];

/// The macros over index and item, or key and value.
pub(crate) const TWO_VARIABLES: [Macro; 10] = [
    member("all", 3, |e| quantifier(e, all)).shown("e.all(i, x, predicate)", "[5, 6].all(i, x, i < x)"),
    member("exists", 3, |e| quantifier(e, exists))
        .shown("e.exists(i, x, predicate)", "{'a': 1}.exists(k, v, k == 'a' && v == 1)"),
    member("exists_one", 3, |e| quantifier(e, exists_one))
        .shown("e.exists_one(i, x, predicate)", "[0, 0].exists_one(i, x, i == x)"),
    member("existsOne", 3, |e| quantifier(e, exists_one))
        .shown("e.existsOne(i, x, predicate)", "[0, 0].existsOne(i, x, i == x)"),
    member("transformList", 3, |e| transform(e, collect))
        .shown("e.transformList(i, x, item)", "[5, 6].transformList(i, x, i + x) == [5, 7]"),
    member("transformList", 4, |e| transform(e, collect))
        .shown("e.transformList(i, x, predicate, item)", "[5, 6].transformList(i, x, i > 0, x) == [6]"),
    member("transformMap", 3, |e| transform(e, insert))
        .shown("e.transformMap(k, v, value)", "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}"),
    member("transformMap", 4, |e| transform(e, insert)).shown(
        "e.transformMap(k, v, predicate, value)",
        "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v) == {'b': 2}",
    ),
    member("transformMapEntry", 3, |e| transform(e, insert_entries)).shown(
        "e.transformMapEntry(k, v, entries)",
        "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}",
    ),
    member("transformMapEntry", 4, |e| transform(e, insert_entries)).shown(
        "e.transformMapEntry(k, v, predicate, entries)",
        "{'a': 1, 'b': 2}.transformMapEntry(k, v, v > 1, {v: k}) == {2: 'b'}",
    ),
];

/// A macro that is called on something.
pub(super) const fn member(
    function: &'static str,
    arguments: usize,
    expand: fn(&mut Expansion<'_>) -> Expanded,
) -> Macro {
    Macro { function, member: true, arguments: Some(arguments), usage: "", example: "", expand }
}

impl Macro {
    /// With what documentation shows.
    pub(super) const fn shown(mut self, usage: &'static str, example: &'static str) -> Self {
        self.usage = usage;
        self.example = example;
        self
    }
}

fn has(e: &mut Expansion<'_>) -> Expanded {
    let arg = e.args()[0];
    let Expr::Select { operand, field, test: false } = e.ast().expr(arg).clone() else {
        return Err(MacroError::new(arg, Mistake::NoFieldInHas));
    };
    Ok(Some(e.add(Expr::Select { operand, field, test: true })))
}

/// The loop of a macro: what varies is filled in by the kinds below.
struct Loop {
    init: ExprId,
    condition: ExprId,
    step: ExprId,
    result: ExprId,
    fold: Fold,
}

/// The one or two variables at the start of the arguments.
fn variables(
    e: &Expansion<'_>,
    count: usize,
    complaint: &'static str,
) -> Result<(Name, Option<Name>), MacroError> {
    let mut names = Vec::with_capacity(2);
    for &arg in &e.args()[..count] {
        let name = e.simple_name(arg).ok_or_else(|| MacroError::new(arg, Mistake::NoVariable(complaint)))?;
        if matches!(&*name, RESULT | FORMER_RESULT) {
            return Err(MacroError::new(arg, "iteration variable overwrites accumulator variable"));
        }
        if names.contains(&name) {
            return Err(MacroError::new(arg, format!("duplicate variable name: {name}")));
        }
        names.push(name);
    }
    let second = (count == 2).then(|| names.pop()).flatten();
    Ok((names.remove(0), second))
}

fn close(
    e: &mut Expansion<'_>,
    (variable, variable2): (Name, Option<Name>),
    Loop { init, condition, step, result, fold }: Loop,
) -> Option<ExprId> {
    let range = e.target()?;
    Some(e.fold(Comprehension {
        range,
        variable,
        variable2,
        accumulator: RESULT.into(),
        init,
        condition,
        step,
        result,
        fold,
    }))
}

fn quantifier(e: &mut Expansion<'_>, kind: fn(&mut Expansion<'_>, ExprId) -> Loop) -> Expanded {
    let last = e.args().len() - 1;
    let names = variables(e, last, "argument must be a simple name")?;
    let predicate = e.args()[last];
    let parts = kind(e, predicate);
    Ok(close(e, names, parts))
}

fn all(e: &mut Expansion<'_>, predicate: ExprId) -> Loop {
    let init = e.literal(Literal::Bool(true));
    let so_far = e.ident(RESULT);
    let condition = e.call("@not_strictly_false", vec![so_far]);
    let so_far = e.ident(RESULT);
    let step = e.call("_&&_", vec![so_far, predicate]);
    let result = e.ident(RESULT);
    Loop { init, condition, step, result, fold: Fold::All { predicate } }
}

fn exists(e: &mut Expansion<'_>, predicate: ExprId) -> Loop {
    let init = e.literal(Literal::Bool(false));
    let so_far = e.ident(RESULT);
    let not_yet = e.call("!_", vec![so_far]);
    let condition = e.call("@not_strictly_false", vec![not_yet]);
    let so_far = e.ident(RESULT);
    let step = e.call("_||_", vec![so_far, predicate]);
    let result = e.ident(RESULT);
    Loop { init, condition, step, result, fold: Fold::Exists { predicate } }
}

fn exists_one(e: &mut Expansion<'_>, predicate: ExprId) -> Loop {
    let init = e.literal(Literal::Int(0));
    let condition = e.literal(Literal::Bool(true));
    let (so_far, one) = (e.ident(RESULT), e.literal(Literal::Int(1)));
    let more = e.call("_+_", vec![so_far, one]);
    let so_far = e.ident(RESULT);
    let step = e.call("_?_:_", vec![predicate, more, so_far]);
    let (so_far, one) = (e.ident(RESULT), e.literal(Literal::Int(1)));
    let result = e.call("_==_", vec![so_far, one]);
    Loop { init, condition, step, result, fold: Fold::ExistsOne { predicate } }
}

/// `map(x, item)` and `map(x, predicate, item)`.
pub(crate) fn map(e: &mut Expansion<'_>) -> Expanded {
    let names = variables(e, 1, "argument is not an identifier")?;
    let (predicate, item) = match *e.args() {
        [_, item] => (None, item),
        [_, predicate, item] => (Some(predicate), item),
        _ => return Ok(None),
    };
    let parts = collect(e, predicate, item);
    Ok(close(e, names, parts))
}

fn filter(e: &mut Expansion<'_>) -> Expanded {
    let names = variables(e, 1, "argument is not an identifier")?;
    let predicate = e.args()[1];
    let item = e.ident(names.0.clone());
    let parts = collect(e, Some(predicate), item);
    Ok(close(e, names, parts))
}

fn transform(
    e: &mut Expansion<'_>,
    kind: fn(&mut Expansion<'_>, Option<ExprId>, ExprId) -> Loop,
) -> Expanded {
    let names = variables(e, 2, "argument must be a simple name")?;
    let (predicate, item) = match *e.args() {
        [_, _, item] => (None, item),
        [_, _, predicate, item] => (Some(predicate), item),
        _ => return Ok(None),
    };
    let parts = kind(e, predicate, item);
    Ok(close(e, names, parts))
}

fn collect(e: &mut Expansion<'_>, predicate: Option<ExprId>, item: ExprId) -> Loop {
    let init = e.list(Vec::new());
    let condition = e.literal(Literal::Bool(true));
    let (so_far, one) = (e.ident(RESULT), e.list(vec![item]));
    let step = e.call("_+_", vec![so_far, one]);
    let step = only_if(e, predicate, step);
    let result = e.ident(RESULT);
    Loop { init, condition, step, result, fold: Fold::List { predicate, item } }
}

fn insert(e: &mut Expansion<'_>, predicate: Option<ExprId>, value: ExprId) -> Loop {
    let init = e.map(Vec::new());
    let condition = e.literal(Literal::Bool(true));
    let so_far = e.ident(RESULT);
    let key = e.simple_name(e.args()[0]).unwrap_or(Name::Static(""));
    let key = e.ident(key);
    let step = e.call("cel.@mapInsert", vec![so_far, key, value]);
    let step = only_if(e, predicate, step);
    let result = e.ident(RESULT);
    Loop { init, condition, step, result, fold: Fold::Map { predicate, value } }
}

fn insert_entries(e: &mut Expansion<'_>, predicate: Option<ExprId>, entries: ExprId) -> Loop {
    let init = e.map(Vec::new());
    let condition = e.literal(Literal::Bool(true));
    let so_far = e.ident(RESULT);
    let step = e.call("cel.@mapInsert", vec![so_far, entries]);
    let step = only_if(e, predicate, step);
    let result = e.ident(RESULT);
    Loop { init, condition, step, result, fold: Fold::Entries { predicate, entries } }
}

fn only_if(e: &mut Expansion<'_>, predicate: Option<ExprId>, step: ExprId) -> ExprId {
    let Some(predicate) = predicate else { return step };
    let so_far = e.ident(RESULT);
    e.call("_?_:_", vec![predicate, step, so_far])
}
