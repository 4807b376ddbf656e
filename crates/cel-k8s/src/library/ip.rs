//! `ip`, `isIP`, `ip.isCanonical` and the classes of addresses.

use kro_cel::{Cost, Functions, Library, Overload, Type, Value, library::arguments::text};

use super::native::{Native, invalid, native, once, own, shared};
use crate::net::{Ip, Mapped};

/// The `kubernetes.net.ip` library, or with [`Mapped::ReadHexadecimal`] that part of CEL's network extension.
#[derive(Debug, Clone, Copy)]
pub struct Ips {
    /// What becomes of IPv4 addresses in IPv6 form.
    pub mapped: Mapped,
}

impl Native for Ip {
    const TYPE: &'static str = "net.IP";

    fn cost_size(&self) -> u64 {
        self.byte_len()
    }
}

impl Library for Ips {
    fn name(&self) -> &'static str {
        "kubernetes.net.ip"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(Ip::TYPE, Type::opaque(Ip::TYPE));
        match self.mapped {
            Mapped::Refuse => declare::<false>(functions),
            Mapped::ReadHexadecimal => declare::<true>(functions),
        }
    }
}

/// Reads an address as the library with this choice does.
pub(super) fn parse<const UNMAP: bool>(text: &str) -> Result<Ip, crate::net::ParseError> {
    Ip::parse(text, if UNMAP { Mapped::ReadHexadecimal } else { Mapped::Refuse })
}

fn declare<const UNMAP: bool>(functions: &mut Functions) {
    functions.add(
        Overload::new("string_to_ip", "ip(string) -> net.IP", |_, args| {
            parse::<UNMAP>(text(args, 0)?).map(native).map_err(invalid)
        })
        .specialise(|args| once(args, |text| parse::<UNMAP>(text).ok()))
        .profile_cost(Cost::Traverse)
        .example("ip('127.0.0.1').isLoopback()"),
    );
    functions.add(
        Overload::new("is_ip", "isIP(string) -> bool", |_, args| {
            Ok(Value::Bool(parse::<UNMAP>(text(args, 0)?).is_ok()))
        })
        .profile_cost(Cost::Traverse)
        .example("isIP('::1') && !isIP('::1%eth0')"),
    );
    functions.add(
        Overload::new("ip_is_canonical", "ip.isCanonical(string) -> bool", |_, args| {
            let text = text(args, 0)?;
            parse::<UNMAP>(text).map(|ip| Value::Bool(ip.to_string() == text)).map_err(invalid)
        })
        .profile_cost(Cost::Sizes(|sizes| sizes.arg(0).scale(2.0).tenth()))
        .example("ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')"),
    );
    functions.add(
        Overload::new("ip_to_string", "string(net.IP) -> string", |call, args| {
            shared(call, &own::<Ip>(args, 0)?.to_string())
        })
        .example("string(ip('2001:DB8::1')) == '2001:db8::1'"),
    );
    functions.add(
        Overload::new("ip_family", "<net.IP>.family() -> int", |_, args| {
            Ok(Value::Int(i64::from(own::<Ip>(args, 0)?.family())))
        })
        .profile_cost(Cost::Fixed(1))
        .example("ip('::1').family() == 6"),
    );
    let mut class = |id: &str, name: &str, code, example| {
        let signature = format!("<net.IP>.{name}() -> bool");
        functions.add(Overload::new(id, &signature, code).profile_cost(Cost::Fixed(1)).example(example));
    };
    class(
        "ip_is_unspecified",
        "isUnspecified",
        |_, args| Ok(Value::Bool(own::<Ip>(args, 0)?.is_unspecified())),
        "ip('::').isUnspecified()",
    );
    class(
        "ip_is_loopback",
        "isLoopback",
        |_, args| Ok(Value::Bool(own::<Ip>(args, 0)?.is_loopback())),
        "ip('::1').isLoopback()",
    );
    class(
        "ip_is_link_local_multicast",
        "isLinkLocalMulticast",
        |_, args| Ok(Value::Bool(own::<Ip>(args, 0)?.is_link_local_multicast())),
        "ip('ff02::1').isLinkLocalMulticast()",
    );
    class(
        "ip_is_link_local_unicast",
        "isLinkLocalUnicast",
        |_, args| Ok(Value::Bool(own::<Ip>(args, 0)?.is_link_local_unicast())),
        "ip('169.254.169.254').isLinkLocalUnicast()",
    );
    class(
        "ip_is_global_unicast",
        "isGlobalUnicast",
        |_, args| Ok(Value::Bool(own::<Ip>(args, 0)?.is_global_unicast())),
        "ip('192.168.0.1').isGlobalUnicast()",
    );
}
