//! IP addresses and CIDR ranges with the strictness of Kubernetes' CEL library: no zones, no leading zeros,
//! no IPv4 address dressed as IPv6. Routing, names and sets of addresses are not its business.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use kro_schema::validate::go_quote as quote;

/// What to do with an IPv6 address that stands for an IPv4 one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// Refuse `::ffff:1.2.3.4` and `::ffff:102:304` alike, as Kubernetes does.
    Refuse,
    /// Refuse the dotted form, read the hexadecimal one as the IPv4 address, as CEL's network extension does.
    ReadHexadecimal,
}

/// An IPv4 or IPv6 address without zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ip(IpAddr);

/// An address and the number of its leading bits that are significant. The other bits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no address or range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Neither dotted IPv4 nor RFC 4291 IPv6.
    #[error("IP Address {} parse error during conversion from string", quote(.0))]
    Address(String),
    /// An address with `%zone`.
    #[error("IP address {} with zone value is not allowed", quote(.0))]
    Zone(String),
    /// An IPv4-mapped IPv6 address.
    #[error("IPv4-mapped IPv6 address {} is not allowed", quote(.0))]
    Mapped(String),
    /// Not `address/bits` with a number of bits that the address has.
    #[error("network address parse error during conversion from string: {}", quote(.0))]
    Range(String),
}

impl Ip {
    /// Parses an address.
    ///
    /// # Errors
    /// When the text is no address, has a zone, or is mapped and `mapped` refuses that.
    pub fn parse(text: &str, mapped: Mapped) -> Result<Self, ParseError> {
        // No address with a zone parses as one without.
        let address = text.parse().map_err(|_| match text.split_once('%') {
            Some((address, zone)) if !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok() => {
                ParseError::Zone(text.to_owned())
            }
            _ => ParseError::Address(text.to_owned()),
        })?;
        unmap(address, text, mapped).map(Self)
    }

    /// 4 or 6.
    pub fn family(self) -> u8 {
        if self.0.is_ipv4() { 4 } else { 6 }
    }

    /// The number of bytes: 4 or 16.
    pub fn byte_len(self) -> u64 {
        if self.0.is_ipv4() { 4 } else { 16 }
    }

    /// `0.0.0.0` or `::`.
    pub fn is_unspecified(self) -> bool {
        self.0.is_unspecified()
    }

    /// `127.0.0.0/8` or `::1`.
    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// `224.0.0.0/24` or `ff02::/16` with any flags.
    pub fn is_link_local_multicast(self) -> bool {
        match self.0 {
            IpAddr::V4(v4) => v4.octets()[..3] == [224, 0, 0],
            IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
        }
    }

    /// `169.254.0.0/16` or `fe80::/10`.
    pub fn is_link_local_unicast(self) -> bool {
        match self.0 {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
    }

    /// Unicast beyond the link, private ranges included.
    pub fn is_global_unicast(self) -> bool {
        self.0 != IpAddr::V4(Ipv4Addr::BROADCAST)
            && !self.is_unspecified()
            && !self.is_loopback()
            && !self.0.is_multicast()
            && !self.is_link_local_unicast()
    }
}

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Cidr {
    /// Parses `address/bits`.
    ///
    /// # Errors
    /// When the text is no range, has a zone, or is mapped and `mapped` refuses that.
    pub fn parse(text: &str, mapped: Mapped) -> Result<Self, ParseError> {
        let range = || ParseError::Range(text.to_owned());
        // Ranges are short: no search of many bytes at once.
        let slash = text.bytes().rposition(|byte| byte == b'/').ok_or_else(range)?;
        let (address, bits) = (&text[..slash], &text[slash + 1..]);
        let address = match Ip::parse(address, mapped) {
            Ok(ip) => ip.0,
            Err(ParseError::Mapped(_)) => return Err(ParseError::Mapped(text.to_owned())),
            Err(_) => return Err(range()),
        };
        let canonical = bits.len() <= 3 && bits.bytes().all(|b| b.is_ascii_digit());
        if !canonical || bits.len() > 1 && bits.starts_with('0') {
            return Err(range());
        }
        let bits = bits.parse::<u8>().ok().filter(|bits| *bits <= width(address)).ok_or_else(range)?;
        Ok(Self { address, bits })
    }

    /// The address as written, host bits included.
    pub fn ip(self) -> Ip {
        Ip(self.address)
    }

    /// The number of significant bits.
    pub fn prefix_length(self) -> u8 {
        self.bits
    }

    /// The same range with its host bits zero.
    #[must_use]
    pub fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
            }
        };
        Self { address, bits: self.bits }
    }

    /// Whether the address lies in the range. Families never mix.
    pub fn contains_ip(self, ip: Ip) -> bool {
        self.address.is_ipv4() == ip.0.is_ipv4()
            && Self { address: ip.0, bits: self.bits }.masked() == self.masked()
    }

    /// Whether the other range lies in this one.
    pub fn contains_cidr(self, other: Self) -> bool {
        self.bits <= other.bits && self.contains_ip(other.ip())
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// What stands between the brackets of a URL's host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    V4,
    V6,
}

impl Host {
    /// Classifies an address; IPv6 may have a zone.
    pub(crate) fn parse(text: &str) -> Result<Self, ParseError> {
        let error = || ParseError::Address(text.to_owned());
        if let Some((address, zone)) = text.split_once('%') {
            return match address.parse::<Ipv6Addr>() {
                Ok(_) if !zone.is_empty() => Ok(Self::V6),
                _ => Err(error()),
            };
        }
        match text.parse::<IpAddr>().map_err(|_| error())? {
            IpAddr::V4(_) => Ok(Self::V4),
            IpAddr::V6(_) => Ok(Self::V6),
        }
    }
}

fn unmap(address: IpAddr, text: &str, mapped: Mapped) -> Result<IpAddr, ParseError> {
    let IpAddr::V6(v6) = address else { return Ok(address) };
    match v6.to_ipv4_mapped() {
        None => Ok(address),
        Some(v4) if mapped == Mapped::ReadHexadecimal && !text.contains('.') => Ok(IpAddr::V4(v4)),
        Some(_) => Err(ParseError::Mapped(text.to_owned())),
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cidr, Ip, Mapped, ParseError};

    fn ip(text: &str) -> Ip {
        Ip::parse(text, Mapped::Refuse).unwrap()
    }

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text, Mapped::Refuse).unwrap()
    }

    #[test]
    fn addresses() {
        for text in
            ["1.2.3", "01.2.3.4", "1.2.3.4.5", "256.0.0.1", "2001:db8:::68", "::%", "1.2.3.4%e", "", " ::1"]
        {
            assert!(matches!(Ip::parse(text, Mapped::Refuse), Err(ParseError::Address(_))), "{text}");
        }
        assert!(matches!(Ip::parse("fe80::1%en0", Mapped::Refuse), Err(ParseError::Zone(_))));
        for text in ["::ffff:1.2.3.4", "::ffff:102:304"] {
            assert!(matches!(Ip::parse(text, Mapped::Refuse), Err(ParseError::Mapped(_))), "{text}");
        }
        assert!(Ip::parse("::ffff:1.2.3.4", Mapped::ReadHexadecimal).is_err());
        assert_eq!(Ip::parse("::ffff:102:304", Mapped::ReadHexadecimal).unwrap(), ip("1.2.3.4"));
        assert_eq!(ip("2001:DB8:0:0:0:0:0:1").to_string(), "2001:db8::1");
        assert_eq!(ip("::1.2.3.4").to_string(), "::102:304");
    }

    #[test]
    fn classes() {
        let classes = |text| {
            let ip = ip(text);
            [
                (ip.is_unspecified(), "unspecified"),
                (ip.is_loopback(), "loopback"),
                (ip.is_link_local_multicast(), "link-local multicast"),
                (ip.is_link_local_unicast(), "link-local unicast"),
                (ip.is_global_unicast(), "global unicast"),
            ]
            .into_iter()
            .filter_map(|(is, name)| is.then_some(name))
            .collect::<Vec<_>>()
        };
        for (text, expected) in [
            ("0.0.0.0", &["unspecified"][..]),
            ("::", &["unspecified"]),
            ("127.1.2.3", &["loopback"]),
            ("224.0.0.9", &["link-local multicast"]),
            ("224.0.1.1", &[]),
            ("ff12::1", &["link-local multicast"]),
            ("ff01::1", &[]),
            ("169.254.1.1", &["link-local unicast"]),
            ("fe80::1", &["link-local unicast"]),
            ("255.255.255.255", &[]),
            ("10.0.0.1", &["global unicast"]),
            ("fd80::1", &["global unicast"]),
        ] {
            assert_eq!(classes(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges() {
        for text in [
            "1.2.3.0/",
            "1.2.3.0/33",
            "1.2.3.0/024",
            "1.2.3.0/+8",
            "1.2.3.0",
            "fe80::1%en0/24",
            "::/129",
            "/8",
        ] {
            assert!(matches!(Cidr::parse(text, Mapped::Refuse), Err(ParseError::Range(_))), "{text}");
        }
        assert!(cidr("10.0.0.0/8").contains_cidr(cidr("10.0.0.0/8")));
        assert!(!cidr("10.0.0.0/8").contains_cidr(cidr("10.0.0.0/7")));
        assert!(!cidr("::/0").contains_ip(ip("1.2.3.4")));
        assert_eq!(cidr("10.1.2.3/0").masked().to_string(), "0.0.0.0/0");
        assert_ne!(cidr("10.0.0.1/8"), cidr("10.0.0.0/8"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9a-f:./%]{0,24}") {
            let _ = (Ip::parse(&text, Mapped::ReadHexadecimal), Cidr::parse(&text, Mapped::Refuse));
        }

        #[test]
        fn a_range_contains_itself_and_its_address(address: std::net::IpAddr, bits in 0u8..=128) {
            let Ok(cidr) = Cidr::parse(&format!("{address}/{bits}"), Mapped::Refuse) else { return Ok(()) };
            prop_assert!(cidr.contains_ip(cidr.ip()) && cidr.contains_cidr(cidr) && cidr.masked().contains_cidr(cidr));
            prop_assert_eq!(cidr.masked().masked(), cidr.masked());
            prop_assert_eq!(Cidr::parse(&cidr.to_string(), Mapped::Refuse), Ok(cidr));
        }
    }
}
