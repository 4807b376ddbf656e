//! Continue tokens of paged lists: base64 of `{"v": version, "rv": revision, "start": key}`, as etcd3 storage has them.

use super::store::Key;
use crate::status::Status;
use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Value, json};

/// As Go's `RawURLEncoding`, which does not mind stray bits at the end.
const TOKEN: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// Where a list goes on: the revision of its first page and the last key told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continuation {
    pub revision: u64,
    pub after: Key,
}

impl Continuation {
    pub(crate) fn encode(&self) -> String {
        let start = format!("{}/{}\0", self.after.namespace, self.after.name);
        let token = json!({"v": "meta.k8s.io/v1", "rv": self.revision, "start": start});
        TOKEN.encode(token.to_string())
    }

    pub(crate) fn decode(token: &str) -> Result<Self, Status> {
        let refuse = |why: String| {
            Status::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        };
        let bytes = TOKEN.decode(token).map_err(|error| refuse(error.to_string()))?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|_| refuse(go_json_error(&bytes)))?;
        let revision = value["rv"].as_u64().filter(|revision| *revision > 0);
        let start = value["start"].as_str().and_then(|start| start.trim_end_matches('\0').split_once('/'));
        match (value["v"].as_str(), revision, start) {
            (Some("meta.k8s.io/v1"), Some(revision), Some((namespace, name))) => {
                Ok(Self { revision, after: Key::new(namespace, name) })
            }
            _ => Err(refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)".into())),
        }
    }
}

fn go_json_error(bytes: &[u8]) -> String {
    if String::from_utf8_lossy(bytes).chars().next().is_none() {
        "unexpected end of JSON input".into()
    } else {
        // Go decodes bytes beyond ASCII as Latin-1 when it quotes one in this message.
        let first = char::from(bytes[0]);
        let shown =
            if first.is_ascii_graphic() { first.to_string() } else { format!("\\u{:04x}", first as u32) };
        format!("invalid character '{shown}' looking for beginning of value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_round_trip() {
        let token = Continuation { revision: 7, after: Key::new("ns", "a") };
        assert_eq!(Continuation::decode(&token.encode()), Ok(token));
        assert_eq!(
            Continuation::decode("garbage").expect_err("no token").message,
            "invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value"
        );
    }
}
