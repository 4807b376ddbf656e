//! `format.<name>()`, `format.named` and `validate`.

use std::sync::Arc;

use kro_cel::{
    Bounds, Call, Cost, EvalError, Functions, Implementation, Library, Overload, Sizes, StatefulFunction,
    Type, Value, library::arguments::text,
};

use super::native::{Native, native, own, shared};
use crate::format::{FORMATS, Format};

/// The `format` library.
#[derive(Debug, Clone, Copy)]
pub struct Formats;

impl Native for &'static Format {
    const TYPE: &'static str = "kubernetes.NamedFormat";
}

/// Reading the text once for every four characters of the format's pattern.
const VALIDATE: Cost = Cost::Values(
    |args, _| {
        let pattern = own::<&Format>(args, 0).map_or(0, |format| format.pattern_size());
        validation(Bounds::exactly(args.get(1).map_or(0, Value::cost_size) as f64), pattern).max as u64
    },
    // Upstream takes every pattern for one of 128 characters, whichever format it is.
    |sizes: &Sizes<'_>| sizes.arg(1).tenth().scale(128.0 * 0.25).ceil(),
);

fn validation(size: Bounds, pattern: u32) -> Bounds {
    (size + 1.0).tenth() * Bounds::exactly(f64::from(pattern)).scale(0.25).ceil()
}

impl Library for Formats {
    fn name(&self) -> &'static str {
        "format"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(<&Format>::TYPE, Type::opaque(<&Format>::TYPE));
        for format in &FORMATS {
            let id = format!("format.{}", format.name());
            let code: StatefulFunction = Arc::new(move |_, _| Ok(native(format)));
            let signature = format!("{id}() -> kubernetes.NamedFormat");
            let overload = Overload::with_implementation(&id, &signature, Implementation::Stateful(code));
            functions.add(overload.example(format!("{id}() == format.named('{}').value()", format.name())));
        }
        functions.add(
            Overload::new(
                "format-named",
                "format.named(string) -> optional(kubernetes.NamedFormat)",
                |_, args| {
                    Ok(Format::named(text(args, 0)?)
                        .map_or(Value::NONE, |format| Value::some(native(format))))
                },
            )
            .profile_cost(Cost::Fixed(1))
            .example("!format.named('unknown').hasValue()"),
        );
        functions.add(
            Overload::new(
                "format-validate",
                "<kubernetes.NamedFormat>.validate(string) -> optional(list(string))",
                validate,
            )
            .profile_cost(VALIDATE)
            .example("!format.dns1123Label().validate('my-name').hasValue()"),
        );
    }
}

fn validate<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let problems = own::<&Format>(args, 0)?.validate(text(args, 1)?);
    if problems.is_empty() {
        return Ok(Value::NONE);
    }
    call.reserve_list(problems.len())?;
    let problems = problems.iter().map(|problem| shared(call, problem)).collect::<Result<_, _>>()?;
    Ok(Value::some(Value::list(problems)))
}
