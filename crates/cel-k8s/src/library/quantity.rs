//! `quantity`, `isQuantity`, arithmetic and comparison of quantities.

use kro_cel::{
    Cost, EvalError, Functions, Library, Overload, Type, Value,
    library::arguments::{integer, text},
};
use kro_object::Quantity;

use super::native::{Native, invalid, native, once, own};

/// The `kubernetes.quantity` library.
#[derive(Debug, Clone, Copy)]
pub struct Quantities;

impl Native for Quantity {
    const TYPE: &'static str = "kubernetes.Quantity";
}

impl Library for Quantities {
    fn name(&self) -> &'static str {
        "kubernetes.quantity"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(Quantity::TYPE, Type::opaque(Quantity::TYPE));
        functions.add(
            Overload::new("string_to_quantity", "quantity(string) -> kubernetes.Quantity", |_, args| {
                text(args, 0)?.parse::<Quantity>().map(native).map_err(invalid)
            })
            .specialise(|args| once(args, |text| text.parse::<Quantity>().ok()))
            .profile_cost(Cost::Traverse)
            .example("quantity('1.5Gi') == quantity('1536Mi')"),
        );
        functions.add(
            Overload::new("is_quantity_string", "isQuantity(string) -> bool", |_, args| {
                Ok(Value::Bool(text(args, 0)?.parse::<Quantity>().is_ok()))
            })
            .profile_cost(Cost::Traverse)
            .example("isQuantity('1.3Gi') && !isQuantity('200K')"),
        );
        // A function, though upstream's documentation shows a method.
        let mut row = |id: &str, signature: &str, code, example| {
            functions.add(Overload::new(id, signature, code).profile_cost(Cost::Fixed(1)).example(example));
        };
        row(
            "quantity_sign",
            "sign(kubernetes.Quantity) -> int",
            |_, args| Ok(Value::Int(i64::from(quantity(args, 0)?.sign()))),
            "sign(quantity('-1')) == -1",
        );
        row(
            "quantity_is_integer",
            "<kubernetes.Quantity>.isInteger() -> bool",
            |_, args| Ok(Value::Bool(quantity(args, 0)?.as_i64().is_some())),
            "quantity('50k').isInteger() && !quantity('50m').isInteger()",
        );
        row(
            "quantity_get_int",
            "<kubernetes.Quantity>.asInteger() -> int",
            |_, args| {
                let value = quantity(args, 0)?.as_i64();
                value.map(Value::Int).ok_or_else(|| invalid("cannot convert value to integer"))
            },
            "quantity('50k').asInteger() == 50000",
        );
        row(
            "quantity_get_float",
            "<kubernetes.Quantity>.asApproximateFloat() -> double",
            |_, args| Ok(Value::Double(quantity(args, 0)?.to_f64())),
            "quantity('50.703k').asApproximateFloat() == 50703.0",
        );
        row(
            "quantity_add",
            "<kubernetes.Quantity>.add(kubernetes.Quantity) -> kubernetes.Quantity",
            |_, args| within_limits(quantity(args, 0)?.checked_add(quantity(args, 1)?)),
            "quantity('50k').add(quantity('20')) == quantity('50.02k')",
        );
        row(
            "quantity_add_int",
            "<kubernetes.Quantity>.add(int) -> kubernetes.Quantity",
            |_, args| within_limits(quantity(args, 0)?.checked_add(&Quantity::from_i64(integer(args, 1)?))),
            "quantity('50k').add(20) == quantity('50020')",
        );
        row(
            "quantity_sub",
            "<kubernetes.Quantity>.sub(kubernetes.Quantity) -> kubernetes.Quantity",
            |_, args| within_limits(quantity(args, 0)?.checked_sub(quantity(args, 1)?)),
            "quantity('50k').sub(quantity('20')) == quantity('49.98k')",
        );
        row(
            "quantity_sub_int",
            "<kubernetes.Quantity>.sub(int) -> kubernetes.Quantity",
            |_, args| within_limits(quantity(args, 0)?.checked_sub(&Quantity::from_i64(integer(args, 1)?))),
            "quantity('50k').sub(20) == quantity('49980')",
        );
        row(
            "quantity_is_less_than",
            "<kubernetes.Quantity>.isLessThan(kubernetes.Quantity) -> bool",
            |_, args| Ok(Value::Bool(quantity(args, 0)? < quantity(args, 1)?)),
            "quantity('50M').isLessThan(quantity('50Mi'))",
        );
        row(
            "quantity_is_greater_than",
            "<kubernetes.Quantity>.isGreaterThan(kubernetes.Quantity) -> bool",
            |_, args| Ok(Value::Bool(quantity(args, 0)? > quantity(args, 1)?)),
            "quantity('50Mi').isGreaterThan(quantity('50M'))",
        );
        row(
            "quantity_compare_to",
            "<kubernetes.Quantity>.compareTo(kubernetes.Quantity) -> int",
            |_, args| Ok(Value::Int(quantity(args, 0)?.cmp(quantity(args, 1)?) as i64)),
            "quantity('200M').compareTo(quantity('0.2G')) == 0",
        );
    }
}

fn quantity<'v>(args: &'v [Value<'_>], index: usize) -> Result<&'v Quantity, EvalError> {
    own(args, index)
}

fn within_limits<'a>(result: Option<Quantity>) -> Result<Value<'a>, EvalError> {
    result.map(native).ok_or_else(|| invalid("quantities too far apart to compute with"))
}
