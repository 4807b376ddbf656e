//! `semver`, `isSemver`, the parts and the order of versions.

use kro_cel::{Call, Cost, EvalError, Functions, Library, Overload, Type, Value, library::arguments::text};

use super::native::{Native, invalid, native, once, own};
use crate::semver::Semver;

/// The `kubernetes.Semver` library.
#[derive(Debug, Clone, Copy)]
pub struct Semvers {
    /// 0, or 1 for the forms with normalisation.
    pub version: u32,
}

impl Native for Semver {
    const TYPE: &'static str = "kubernetes.Semver";
}

impl Library for Semvers {
    fn name(&self) -> &'static str {
        "kubernetes.Semver"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(Semver::TYPE, Type::opaque(Semver::TYPE));
        functions.add(
            Overload::new("string_to_semver", "semver(string) -> kubernetes.Semver", |_, args| {
                Semver::parse(text(args, 0)?).map(native).map_err(invalid)
            })
            .specialise(|args| once(args, |text| Semver::parse(text).ok()))
            .profile_cost(Cost::Traverse)
            .example("semver('1.0.0-rc.1').isLessThan(semver('1.0.0'))"),
        );
        functions.add(
            Overload::new("is_semver_string", "isSemver(string) -> bool", |_, args| {
                Ok(Value::Bool(Semver::parse(text(args, 0)?).is_ok()))
            })
            .profile_cost(Cost::Traverse)
            .example("isSemver('1.0.0') && !isSemver('v1.0')"),
        );
        if self.version >= 1 {
            functions.add(
                Overload::new(
                    "string_bool_to_semver",
                    "semver(string, bool) -> kubernetes.Semver",
                    |_, args| parse_with_choice(args)?.map(native).map_err(invalid),
                )
                .profile_cost(Cost::Traverse)
                .example("semver('v01.01', true) == semver('1.1.0')"),
            );
            functions.add(
                Overload::new("is_semver_string_bool", "isSemver(string, bool) -> bool", |_, args| {
                    Ok(Value::Bool(parse_with_choice(args)?.is_ok()))
                })
                .profile_cost(Cost::Traverse)
                .example("isSemver('v1.0', true)"),
            );
        }
        let mut row = |id: &str, signature: &str, code, example| {
            functions.add(Overload::new(id, signature, code).profile_cost(Cost::Fixed(1)).example(example));
        };
        row(
            "semver_major",
            "<kubernetes.Semver>.major() -> int",
            |call, args| part(call, args, |version| version.major),
            "semver('1.2.3').major() == 1",
        );
        row(
            "semver_minor",
            "<kubernetes.Semver>.minor() -> int",
            |call, args| part(call, args, |version| version.minor),
            "semver('1.2.3').minor() == 2",
        );
        row(
            "semver_patch",
            "<kubernetes.Semver>.patch() -> int",
            |call, args| part(call, args, |version| version.patch),
            "semver('1.2.3').patch() == 3",
        );
        row(
            "semver_is_less_than",
            "<kubernetes.Semver>.isLessThan(kubernetes.Semver) -> bool",
            |_, args| Ok(Value::Bool(own::<Semver>(args, 0)? < own(args, 1)?)),
            "semver('1.0.0').isLessThan(semver('1.2.3'))",
        );
        row(
            "semver_is_greater_than",
            "<kubernetes.Semver>.isGreaterThan(kubernetes.Semver) -> bool",
            |_, args| Ok(Value::Bool(own::<Semver>(args, 0)? > own(args, 1)?)),
            "semver('1.2.3').isGreaterThan(semver('1.0.0'))",
        );
        row(
            "semver_compare_to",
            "<kubernetes.Semver>.compareTo(kubernetes.Semver) -> int",
            |_, args| Ok(Value::Int(own::<Semver>(args, 0)?.cmp(own(args, 1)?) as i64)),
            "semver('1.0.0+a').compareTo(semver('1.0.0+b')) == 0",
        );
    }
}

fn parse_with_choice(
    args: &[Value<'_>],
) -> Result<Result<Semver, crate::semver::ParseSemverError>, EvalError> {
    let text = text(args, 0)?;
    match args.get(1) {
        Some(Value::Bool(true)) => Ok(Semver::parse_normalized(text)),
        Some(Value::Bool(false)) => Ok(Semver::parse(text)),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// As upstream, numbers beyond 63 bits come out negative.
fn part<'a>(_: &mut Call<'_>, args: &[Value<'a>], part: fn(&Semver) -> u64) -> Result<Value<'a>, EvalError> {
    Ok(Value::Int(part(own(args, 0)?) as i64))
}
