//! Formats of the network: addresses, host names, URIs, mail addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address of either family; numbers of IPv4 may have leading zeros.
pub(super) fn is_ip(text: &str) -> bool {
    sloppy_ip(text).is_some()
}

pub(super) fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match sloppy_ip(address) {
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
        None => return false,
    };
    !bits.is_empty()
        && bits.bytes().all(|byte| byte.is_ascii_digit())
        && bits.parse().is_ok_and(|n: u32| n <= most)
}

fn sloppy_ip(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let octet = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u8>().ok().filter(|_| digits)
    };
    let octets: Option<Vec<u8>> = text.split('.').map(octet).collect();
    <[u8; 4]>::try_from(octets?).ok().map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
}

/// 6, 8 or 20 octets: `00:00:5e:00:53:01`, with dashes, or in pairs with dots.
pub(super) fn is_mac(text: &str) -> bool {
    let groups = |separator: char, length: usize, counts: &[usize]| {
        let groups: Vec<_> = text.split(separator).collect();
        counts.contains(&groups.len())
            && groups.iter().all(|group| group.len() == length && super::is_hex(group))
    };
    groups(':', 2, &[6, 8, 20]) || groups('-', 2, &[6, 8, 20]) || groups('.', 4, &[3, 4, 10])
}

/// Labels of up to 63 letters, digits, symbols and inner dashes; with several, the last is two letters or more.
pub(super) fn is_hostname(text: &str) -> bool {
    let start = |c: char| c.is_ascii_digit() || is_letter_or_symbol(c);
    let label = |label: &str| {
        let length = label.chars().count();
        let ends = label.chars().next().zip(label.chars().next_back());
        (1..=63).contains(&length)
            && ends.is_some_and(|(first, last)| start(first) && start(last))
            && label.chars().all(|c| start(c) || c == '-')
    };
    let top =
        |label: &str| (2..=63).contains(&label.chars().count()) && label.chars().all(char::is_alphabetic);
    if text.len() > 255 || text.split('.').any(|part| part.len() > 63) {
        return false;
    }
    match text.rsplit_once('.') {
        None => label(text),
        Some((rest, last)) => top(last) && rest.split('.').all(label),
    }
}

/// Letters, and symbols such as emoji; punctuation and spaces are neither.
fn is_letter_or_symbol(c: char) -> bool {
    c.is_alphabetic()
        || "$+<=>^`|~".contains(c)
        || (!c.is_ascii() && !c.is_whitespace() && !c.is_alphanumeric() && !c.is_control())
}

/// What an HTTP request line takes: a path from the root, or a URI with a scheme.
pub(super) fn is_request_uri(text: &str) -> bool {
    if text.is_empty() || text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return false;
    }
    if text == "*" {
        return true;
    }
    let (scheme, rest) = match text.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
        _ => (None, text),
    };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        return scheme.is_some();
    }
    let authority_and_path = match rest.strip_prefix("//") {
        Some(after) if scheme.is_some() || !rest.starts_with("///") => {
            let (authority, path) = after.find('/').map_or((after, ""), |at| after.split_at(at));
            is_authority(authority).then_some(path)
        }
        _ => Some(rest),
    };
    authority_and_path.is_some_and(escapes_are_complete)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_authority(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').map_or(("", text), |(user, host)| (user, host));
    let plain_user =
        user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte));
    let (name, port) = if host.starts_with('[') {
        match host.find(']') {
            Some(end) => (&host[..=end], &host[end + 1..]),
            None => return false,
        }
    } else {
        host.find(':').map_or((host, ""), |at| host.split_at(at))
    };
    let port_is_valid =
        port.is_empty() || port[1..].bytes().all(|byte| byte.is_ascii_digit()) && port.starts_with(':');
    let plain =
        |byte: u8| byte >= 0x80 || byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:[]<>\"%".contains(&byte);
    plain_user && port_is_valid && name.bytes().all(plain) && escapes_are_complete(name)
}

fn escapes_are_complete(text: &str) -> bool {
    text.match_indices('%').all(|(at, _)| text.get(at + 1..at + 3).is_some_and(super::is_hex))
}

/// `user@example.com` or `Name <user@example.com>`.
pub(super) fn is_email(text: &str) -> bool {
    let text = text.trim();
    let address = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let literal = domain.starts_with('[') && domain.ends_with(']') && is_ip(&domain[1..domain.len() - 1]);
    (quoted || is_dot_atom(local)) && (literal || is_dot_atom(domain))
}

fn is_dot_atom(text: &str) -> bool {
    let atom = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    text.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
}
