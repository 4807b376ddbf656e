//! URLs as Kubernetes' CEL library reads them: Go's `net/url.ParseRequestURI`, not the WHATWG rules.
//! Accepts absolute URIs and absolute paths; refuses relative references and knows no fragments.

mod escape;

use std::{collections::BTreeMap, fmt};

use escape::{Part, escape, is_escaped_form, unescape};

use kro_schema::validate::go_quote as quote;

use crate::net::{self, Host};

/// More query parameters than this count as none, as in Go.
const MAX_QUERY_PARAMETERS: usize = 10_000;

/// A parsed URL. Two URLs are equal when their text after normalisation is.
///
/// Bytes that are not UTF-8 after percent-decoding are replaced by U+FFFD.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: String,
    host: String,
    escaped_path: String,
    raw_query: String,
    text: String,
}

/// Why a text is not a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse {}: {reason}", quote(text))]
pub struct ParseUrlError {
    text: String,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("net/url: invalid control character in URL")]
    ControlCharacter,
    #[error("empty url")]
    Empty,
    #[error("missing protocol scheme")]
    MissingScheme,
    #[error("invalid URI for request")]
    Relative,
    #[error("net/url: invalid userinfo")]
    UserInfo,
    #[error("missing ']' in host")]
    UnclosedBracket,
    #[error("invalid port {} after host", quote(.0))]
    Port(String),
    #[error("invalid host: {0}")]
    BracketedHost(net::ParseError),
    #[error("invalid IP-literal")]
    BracketedV4,
    #[error("invalid URL escape {}", quote(.0))]
    Escape(String),
    #[error("invalid character {} in host name", quote(.0))]
    HostCharacter(String),
}

impl Url {
    /// Parses an absolute URI (`https://example.com/x?y`) or an absolute path (`/x?y`).
    ///
    /// # Errors
    /// For everything else; the message names the text and the reason in Go's words.
    pub fn parse(text: &str) -> Result<Self, ParseUrlError> {
        parse(text).map_err(|reason| ParseUrlError { text: text.to_owned(), reason })
    }

    /// The scheme in lower case; empty for a path.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Host with port and, for IPv6, brackets; empty for a path.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host without port and brackets.
    pub fn hostname(&self) -> &str {
        let host = self.split_port().0;
        host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
    }

    /// The port's digits; empty when there is none.
    pub fn port(&self) -> &str {
        self.split_port().1
    }

    fn split_port(&self) -> (&str, &str) {
        match self.host.rfind(':') {
            Some(colon) if is_optional_port(&self.host[colon..]) => {
                (&self.host[..colon], &self.host[colon + 1..])
            }
            _ => (&self.host, ""),
        }
    }

    /// The path, percent-encoded where necessary.
    pub fn escaped_path(&self) -> &str {
        &self.escaped_path
    }

    /// The query parameters in the order of their names; malformed pairs are left out.
    pub fn query(&self) -> BTreeMap<String, Vec<String>> {
        let mut parameters = BTreeMap::<_, Vec<_>>::new();
        if self.raw_query.bytes().filter(|b| *b == b'&').count() >= MAX_QUERY_PARAMETERS {
            return parameters;
        }
        for pair in self.raw_query.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';')) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let (Ok(key), Ok(value)) = (unescape(key, Part::Query), unescape(value, Part::Query)) {
                parameters.entry(lossy(key)).or_default().push(lossy(value));
            }
        }
        parameters
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse(text: &str) -> Result<Url, Reason> {
    if text.bytes().any(|b| b < b' ' || b == 0x7f) {
        return Err(Reason::ControlCharacter);
    }
    if text.is_empty() {
        return Err(Reason::Empty);
    }
    let mut url = Url {
        scheme: String::new(),
        host: String::new(),
        escaped_path: String::new(),
        raw_query: String::new(),
        text: String::new(),
    };
    if text == "*" {
        "*".clone_into(&mut url.escaped_path);
        "*".clone_into(&mut url.text);
        return Ok(url);
    }

    let (scheme, rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    query.unwrap_or_default().clone_into(&mut url.raw_query);

    let mut canonical = String::with_capacity(text.len());
    if !url.scheme.is_empty() {
        canonical.push_str(&url.scheme);
        canonical.push(':');
    }
    if !rest.starts_with('/') {
        if url.scheme.is_empty() {
            return Err(Reason::Relative);
        }
        canonical.push_str(rest);
    } else if let Some(rest) = rest.strip_prefix("//").filter(|_| !url.scheme.is_empty()) {
        let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let (user, host) = parse_authority(authority, &url.scheme)?;
        url.escaped_path = escaped_path(path)?;
        if user.is_some() || !host.is_empty() || !path.is_empty() {
            canonical.push_str("//");
        }
        if let Some(user) = user {
            canonical.push_str(&user);
            canonical.push('@');
        }
        canonical.push_str(&escape(&host, Part::Host));
        canonical.push_str(&url.escaped_path);
        url.host = lossy(host);
    } else {
        url.escaped_path = escaped_path(rest)?;
        canonical.push_str(&url.escaped_path);
    }
    if let Some(query) = query {
        canonical.push('?');
        canonical.push_str(query);
    }
    url.text = canonical;
    Ok(url)
}

/// The scheme, empty if there is none, and what follows its colon.
fn split_scheme(text: &str) -> Result<(&str, &str), Reason> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(Reason::MissingScheme),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

/// The user information in canonical form and the decoded host.
fn parse_authority(authority: &str, scheme: &str) -> Result<(Option<String>, Vec<u8>), Reason> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok((None, parse_host(authority, scheme)?));
    };
    let host = parse_host(host, scheme)?;
    if !user.chars().all(|c| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c)) {
        return Err(Reason::UserInfo);
    }
    let canonical = |part: &str| Ok::<_, Reason>(escape(&unescape(part, Part::User)?, Part::User));
    let user = match user.split_once(':') {
        Some((name, password)) => format!("{}:{}", canonical(name)?, canonical(password)?),
        None => canonical(user)?,
    };
    Ok((Some(user), host))
}

fn parse_host(host: &str, scheme: &str) -> Result<Vec<u8>, Reason> {
    if let Some(open) = host.rfind('[') {
        return parse_bracketed_host(host, open);
    }
    // PostgreSQL puts a comma-separated list of hosts with ports here; Go tolerates it.
    let lists_hosts = matches!(scheme, "postgres" | "postgresql");
    let colon = if lists_hosts { host.rfind(':') } else { host.find(':') };
    if let Some(port) = colon.map(|at| &host[at..]).filter(|port| !is_optional_port(port)) {
        return Err(Reason::Port(port.to_owned()));
    }
    unescape(host, Part::Host)
}

/// Only an IPv6 address may stand between brackets, optionally with a zone after `%25`.
fn parse_bracketed_host(host: &str, open: usize) -> Result<Vec<u8>, Reason> {
    let close = host.rfind(']').filter(|close| *close > open).ok_or(Reason::UnclosedBracket)?;
    let (name, port) = (&host[open + 1..close], &host[close + 1..]);
    if !is_optional_port(port) {
        return Err(Reason::Port(port.to_owned()));
    }
    let zone = name.find("%25").unwrap_or(name.len());
    let mut address = unescape(&name[..zone], Part::Host)?;
    address.extend(unescape(&name[zone..], Part::Zone)?);
    match Host::parse(&String::from_utf8_lossy(&address)) {
        Err(error) => Err(Reason::BracketedHost(error)),
        Ok(Host::V4) => Err(Reason::BracketedV4),
        Ok(Host::V6) => Ok([b"[", address.as_slice(), b"]", port.as_bytes()].concat()),
    }
}

fn is_optional_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

/// The path as written when that is a valid encoding, else re-encoded.
fn escaped_path(path: &str) -> Result<String, Reason> {
    let decoded = unescape(path, Part::Path)?;
    Ok(if is_escaped_form(path) { path.to_owned() } else { escape(&decoded, Part::Path) })
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
