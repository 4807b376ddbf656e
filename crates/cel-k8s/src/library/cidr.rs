//! `cidr`, `isCIDR`, containment and the parts of a range.

use kro_cel::{Bounds, Cost, Functions, Library, Overload, Sizes, Type, Value, library::arguments::text};

use super::{
    ip,
    native::{Native, invalid, native, once, own, shared},
};
use crate::net::{Cidr, Ip, Mapped, ParseError};

/// The `kubernetes.net.cidr` library, or with [`Mapped::ReadHexadecimal`] that part of CEL's network extension.
#[derive(Debug, Clone, Copy)]
pub struct Cidrs {
    /// What becomes of IPv4 addresses in IPv6 form.
    pub mapped: Mapped,
}

impl Native for Cidr {
    const TYPE: &'static str = "net.CIDR";

    fn cost_size(&self) -> u64 {
        u64::from(self.prefix_length().div_ceil(8))
    }
}

impl Library for Cidrs {
    fn name(&self) -> &'static str {
        "kubernetes.net.cidr"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(Cidr::TYPE, Type::opaque(Cidr::TYPE));
        match self.mapped {
            Mapped::Refuse => declare::<false>(functions),
            Mapped::ReadHexadecimal => declare::<true>(functions),
        }
    }
}

fn parse<const UNMAP: bool>(text: &str) -> Result<Cidr, ParseError> {
    Cidr::parse(text, if UNMAP { Mapped::ReadHexadecimal } else { Mapped::Refuse })
}

/// Comparing as many bytes of two addresses as the range has significant ones.
fn compare(sizes: &Sizes<'_>) -> Bounds {
    significant(sizes).scale(2.0).tenth()
}

/// No address has more than 16 bytes.
fn significant(sizes: &Sizes<'_>) -> Bounds {
    sizes.arg(0).least(Bounds::exactly(16.0))
}

/// The same, after masking the range and comparing the numbers of bits.
fn compare_ranges(sizes: &Sizes<'_>) -> Bounds {
    compare(sizes) + significant(sizes).tenth() + 1.0
}

fn declare<const UNMAP: bool>(functions: &mut Functions) {
    functions.add(
        Overload::new("string_to_cidr", "cidr(string) -> net.CIDR", |_, args| {
            parse::<UNMAP>(text(args, 0)?).map(native).map_err(invalid)
        })
        .specialise(|args| once(args, |text| parse::<UNMAP>(text).ok()))
        .profile_cost(Cost::Traverse)
        .example("cidr('10.0.0.0/8').prefixLength() == 8"),
    );
    functions.add(
        Overload::new("is_cidr", "isCIDR(string) -> bool", |_, args| {
            Ok(Value::Bool(parse::<UNMAP>(text(args, 0)?).is_ok()))
        })
        .profile_cost(Cost::Traverse)
        .example("isCIDR('::/0') && !isCIDR('10.0.0.0/33')"),
    );
    functions.add(
        Overload::new("cidr_to_string", "string(net.CIDR) -> string", |call, args| {
            shared(call, &own::<Cidr>(args, 0)?.to_string())
        })
        .example("string(cidr('10.0.0.1/8')) == '10.0.0.1/8'"),
    );
    functions.add(
        Overload::new("cidr_contains_ip", "<net.CIDR>.containsIP(net.IP) -> bool", |_, args| {
            Ok(Value::Bool(own::<Cidr>(args, 0)?.contains_ip(*own::<Ip>(args, 1)?)))
        })
        .profile_cost(Cost::Sizes(compare))
        .example("cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))"),
    );
    functions.add(
        Overload::new("cidr_contains_ip_string", "<net.CIDR>.containsIP(string) -> bool", |_, args| {
            let address = ip::parse::<UNMAP>(text(args, 1)?).map_err(invalid)?;
            Ok(Value::Bool(own::<Cidr>(args, 0)?.contains_ip(address)))
        })
        .profile_cost(Cost::Sizes(|sizes| compare(sizes) + sizes.arg(1).tenth()))
        .example("cidr('10.0.0.0/8').containsIP('10.1.2.3')"),
    );
    functions.add(
        Overload::new("cidr_contains_cidr", "<net.CIDR>.containsCIDR(net.CIDR) -> bool", |_, args| {
            Ok(Value::Bool(own::<Cidr>(args, 0)?.contains_cidr(*own(args, 1)?)))
        })
        .profile_cost(Cost::Sizes(compare_ranges))
        .example("cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))"),
    );
    functions.add(
        Overload::new("cidr_contains_cidr_string", "<net.CIDR>.containsCIDR(string) -> bool", |_, args| {
            let other = parse::<UNMAP>(text(args, 1)?).map_err(invalid)?;
            Ok(Value::Bool(own::<Cidr>(args, 0)?.contains_cidr(other)))
        })
        .profile_cost(Cost::Sizes(|sizes| compare_ranges(sizes) + sizes.arg(1).tenth()))
        .example("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')"),
    );
    functions.add(
        Overload::new("cidr_ip", "<net.CIDR>.ip() -> net.IP", |_, args| {
            Ok(native(own::<Cidr>(args, 0)?.ip()))
        })
        .profile_cost(Cost::Fixed(1))
        .example("cidr('10.0.0.1/8').ip() == ip('10.0.0.1')"),
    );
    functions.add(
        Overload::new("cidr_masked", "<net.CIDR>.masked() -> net.CIDR", |_, args| {
            Ok(native(own::<Cidr>(args, 0)?.masked()))
        })
        .profile_cost(Cost::Fixed(1))
        .example("cidr('10.0.0.1/8').masked() == cidr('10.0.0.0/8')"),
    );
    functions.add(
        Overload::new("cidr_prefix_length", "<net.CIDR>.prefixLength() -> int", |_, args| {
            Ok(Value::Int(i64::from(own::<Cidr>(args, 0)?.prefix_length())))
        })
        .profile_cost(Cost::Fixed(1))
        .example("cidr('10.0.0.0/8').prefixLength() == 8"),
    );
}
