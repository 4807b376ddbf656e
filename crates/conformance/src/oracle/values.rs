//! Values of the crate `cel` from and to ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::objects::{Key as PeerKey, OptionalValue, Value as Peer};
use kro_cel::{Duration, Entries, Key, Timestamp, Value};

/// One of the peer's values as ours.
pub(super) fn from_peer(value: &Peer) -> Result<Value<'static>, String> {
    let unreadable = || format!("cannot take over {value:?}");
    Ok(match value {
        Peer::Null => Value::Null,
        Peer::Bool(value) => Value::Bool(*value),
        Peer::Int(value) => Value::Int(*value),
        Peer::UInt(value) => Value::Uint(*value),
        Peer::Float(value) => Value::Double(*value),
        Peer::String(value) => Value::string(value.as_str()),
        Peer::Bytes(value) => Value::bytes(value.as_slice()),
        Peer::List(items) => Value::list(items.iter().map(from_peer).collect::<Result<_, _>>()?),
        Peer::Map(map) => {
            let mut entries = Entries::default();
            // In an order of its own: the peer has none.
            let sorted: BTreeMap<_, _> = map.map.iter().collect();
            for (key, value) in sorted {
                let key = match key {
                    PeerKey::Int(key) => Value::Int(*key),
                    PeerKey::Uint(key) => Value::Uint(*key),
                    PeerKey::Bool(key) => Value::Bool(*key),
                    PeerKey::String(key) => Value::string(key.as_str()),
                };
                entries.insert(Key::new(key).ok_or_else(unreadable)?, from_peer(value)?);
            }
            Value::map(entries)
        }
        Peer::Timestamp(time) => {
            let time = Timestamp::new(time.timestamp(), time.timestamp_subsec_nanos());
            Value::Timestamp(time.ok_or_else(unreadable)?)
        }
        Peer::Duration(span) => {
            Value::Duration(Duration::new(span.num_seconds(), span.subsec_nanos()).ok_or_else(unreadable)?)
        }
        Peer::Opaque(opaque) => {
            let optional = opaque.downcast_ref::<OptionalValue>().ok_or_else(unreadable)?;
            match optional.value() {
                Some(value) => Value::some(from_peer(value)?),
                None => Value::NONE,
            }
        }
        Peer::Struct(_) | Peer::Function(..) => return Err(unreadable()),
    })
}

/// One of our values as the peer's.
pub(super) fn to_peer(value: &Value<'_>) -> Result<Peer, String> {
    let unreadable = || format!("cannot give away {value:?}");
    Ok(match value {
        Value::Null => Peer::Null,
        Value::Bool(value) => Peer::Bool(*value),
        Value::Int(value) => Peer::Int(*value),
        Value::Uint(value) => Peer::UInt(*value),
        Value::Double(value) => Peer::Float(*value),
        Value::String(value) => Peer::String(Arc::new(value.to_string())),
        Value::Bytes(value) => Peer::Bytes(Arc::new(value.to_vec())),
        Value::List(list) => {
            let items = list.iter().map(|item| to_peer(&item.map_err(|error| error.to_string())?));
            Peer::List(Arc::new(items.collect::<Result<_, _>>()?))
        }
        Value::Map(map) => {
            let mut entries = Vec::new();
            for (key, value) in map.iter() {
                let key: PeerKey = match key.value() {
                    Value::Int(key) => PeerKey::Int(key),
                    Value::Uint(key) => PeerKey::Uint(key),
                    Value::Bool(key) => PeerKey::Bool(key),
                    Value::String(key) => PeerKey::String(Arc::new(key.to_string())),
                    _ => return Err(unreadable()),
                };
                entries.push((key, to_peer(&value.map_err(|error| error.to_string())?)?));
            }
            Peer::Map(cel::objects::Map { map: Arc::new(entries.into_iter().collect()) })
        }
        _ => return Err(unreadable()),
    })
}
