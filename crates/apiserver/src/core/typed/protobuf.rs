//! Kubernetes' protobuf as some clients send it, read into JSON by the numbers of Go's structs.
//! It refuses to write protobuf: clients that send it accept JSON as well.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_k8s_schemas::{Definition, GoField, GoName, GoType, Named, go_kind, go_type};
use kro_object::Gvk;
use serde_json::{Map, Value, json};

/// What a body begins with.
const MAGIC: &[u8] = b"k8s\0";
/// How deep messages may lie inside of each other.
const DEPTH: usize = 100;

/// Reads an object of any builtin kind, or options of a request.
pub(in crate::core) fn read(bytes: &[u8]) -> Result<Value, String> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for part in Parts(rest) {
        match part? {
            (1, Wire::Bytes(meta)) => {
                for part in Parts(meta) {
                    match part? {
                        (1, Wire::Bytes(value)) => api_version = text(value)?,
                        (2, Wire::Bytes(value)) => kind = text(value)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(value)) => raw = value,
            _ => {}
        }
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let name = go_kind(&Gvk::new(group, version, &kind))
        .or_else(|| go_type(&format!("io.k8s.apimachinery.pkg.apis.meta.v1.{kind}")));
    let mut map = Map::new();
    if let Some(name) = name {
        message(name, raw, &mut map, DEPTH)?;
    }
    map.insert("apiVersion".into(), api_version.into());
    map.insert("kind".into(), kind.into());
    Ok(Value::Object(map))
}

/// One field as it stands in a message.
enum Wire<'b> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message.
struct Parts<'b>(&'b [u8]);

const TRUNCATED: &str = "unexpected EOF";

impl<'b> Parts<'b> {
    fn varint(&mut self) -> Result<u64, String> {
        let mut out = 0_u64;
        for shift in (0..64).step_by(7) {
            let (first, rest) = self.0.split_first().ok_or(TRUNCATED)?;
            self.0 = rest;
            out |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                return Ok(out);
            }
        }
        Err("proto: integer overflow".into())
    }

    fn take(&mut self, count: u64) -> Result<&'b [u8], String> {
        let count = usize::try_from(count).map_err(|_| TRUNCATED)?;
        let (head, rest) = self.0.split_at_checked(count).ok_or(TRUNCATED)?;
        self.0 = rest;
        Ok(head)
    }

    fn part(&mut self) -> Result<(u32, Wire<'b>), String> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| "proto: illegal tag")?;
        let wire = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.take(8)?.try_into().map_err(|_| TRUNCATED)?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => {
                self.take(4)?;
                Wire::Varint(0)
            }
            other => return Err(format!("proto: illegal wireType {other}")),
        };
        Ok((number, wire))
    }
}

impl<'b> Iterator for Parts<'b> {
    type Item = Result<(u32, Wire<'b>), String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let part = self.part();
        if part.is_err() {
            self.0 = &[];
        }
        Some(part)
    }
}

fn message(name: GoName, bytes: &[u8], into: &mut Map<String, Value>, depth: usize) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or("proto: messages are nested too deeply")?;
    let Definition::Struct(fields) = &name.get().definition else { return Ok(()) };
    for part in Parts(bytes) {
        let (number, wire) = part?;
        let Some(field) = fields.iter().find(|field| field.number == number) else { continue };
        match (&field.go_type, &wire) {
            (GoType::Named(inner), Wire::Bytes(bytes)) if field.name.is_empty() => {
                message(*inner, bytes, into, depth)?;
            }
            _ => add(field, &wire, into, depth)?,
        }
    }
    Ok(())
}

/// Adds what a field holds; repeated fields grow.
fn add(field: &GoField, wire: &Wire<'_>, into: &mut Map<String, Value>, depth: usize) -> Result<(), String> {
    let slot = into.entry(&*field.name).or_insert(Value::Null);
    put(&field.go_type, wire, slot, depth)
}

fn put(go_type: &GoType, wire: &Wire<'_>, slot: &mut Value, depth: usize) -> Result<(), String> {
    match (go_type, wire) {
        (GoType::Pointer(inner), _) => put(inner, wire, slot, depth),
        (GoType::List(inner), Wire::Bytes(bytes)) if matches!(**inner, GoType::Int32 | GoType::Int64) => {
            let mut packed = Parts(bytes);
            while !packed.0.is_empty() {
                let number = packed.varint()?;
                list(slot).push(integer(number));
            }
            Ok(())
        }
        (GoType::List(inner), _) => {
            let mut item = Value::Null;
            put(inner, wire, &mut item, depth)?;
            list(slot).push(item);
            Ok(())
        }
        (GoType::Map(inner), Wire::Bytes(bytes)) => {
            let (mut key, mut value) = (String::new(), super::zero(inner));
            for part in Parts(bytes) {
                match part? {
                    (1, Wire::Bytes(bytes)) => key = text(bytes)?,
                    (2, wire) => put(inner, &wire, &mut value, depth)?,
                    _ => {}
                }
            }
            crate::core::object::as_map_mut(slot).insert(key, value);
            Ok(())
        }
        (GoType::Named(name), _) => match (&name.get().definition, wire) {
            (Definition::Alias(GoType::List(inner)), Wire::Bytes(bytes)) => {
                // Lists with a name are messages of their own.
                for part in Parts(bytes) {
                    let (_, wire) = part?;
                    let mut item = Value::Null;
                    put(inner, &wire, &mut item, depth)?;
                    list(slot).push(item);
                }
                Ok(())
            }
            (Definition::Alias(inner), _) => put(inner, wire, slot, depth),
            (Definition::Custom, Wire::Bytes(bytes)) => {
                *slot = custom(name.get(), bytes)?;
                Ok(())
            }
            (Definition::Struct(_), Wire::Bytes(bytes)) => {
                message(*name, bytes, crate::core::object::as_map_mut(slot), depth)
            }
            _ => Err(wrong_wire()),
        },
        (GoType::Bool, Wire::Varint(number)) => {
            *slot = (*number != 0).into();
            Ok(())
        }
        (GoType::Int32 | GoType::Int64, Wire::Varint(number)) => {
            *slot = integer(*number);
            Ok(())
        }
        (GoType::Float64, Wire::Fixed64(bits)) => {
            *slot = f64::from_bits(*bits).into();
            Ok(())
        }
        (GoType::String, Wire::Bytes(bytes)) => {
            *slot = text(bytes)?.into();
            Ok(())
        }
        (GoType::Bytes, Wire::Bytes(bytes)) => {
            *slot = STANDARD.encode(bytes).into();
            Ok(())
        }
        _ => Err(wrong_wire()),
    }
}

fn wrong_wire() -> String {
    "proto: wrong wireType".into()
}

fn list(slot: &mut Value) -> &mut Vec<Value> {
    if !slot.is_array() {
        *slot = json!([]);
    }
    match slot {
        Value::Array(list) => list,
        _ => unreachable!("invariant: made a list above"),
    }
}

/// Protobuf writes negative numbers in two's complement.
fn integer(number: u64) -> Value {
    number.cast_signed().into()
}

fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "proto: invalid UTF-8 in a string".into())
}

/// Structs with JSON of their own are messages of their own as well.
fn custom(named: &Named, bytes: &[u8]) -> Result<Value, String> {
    let (mut numbers, mut first) = ([0_i64; 4], None);
    let mut last = None;
    for part in Parts(bytes) {
        match part? {
            (number @ 1..=3, Wire::Varint(value)) => numbers[number as usize] = value.cast_signed(),
            (1, Wire::Bytes(bytes)) => first = Some(bytes),
            (3, Wire::Bytes(bytes)) => last = Some(bytes),
            _ => {}
        }
    }
    let json = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) if !bytes.is_empty() => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        _ => Ok(Value::Null),
    };
    match named.base() {
        "Quantity" => Ok(text(first.unwrap_or_default())?.into()),
        "IntOrString" if numbers[1] == 1 => Ok(text(last.unwrap_or_default())?.into()),
        "IntOrString" => Ok(numbers[2].into()),
        "Time" | "MicroTime" if bytes.is_empty() => Ok(Value::Null),
        "Time" | "MicroTime" => moment(named, numbers[1], numbers[2]),
        "RawExtension" | "FieldsV1" | "JSON" => json(first),
        other => Err(format!("{other} is not read from protobuf; send JSON")),
    }
}

fn moment(named: &Named, seconds: i64, nanos: i64) -> Result<Value, String> {
    let nanos = i32::try_from(nanos).map_err(|_| "proto: nanoseconds out of range")?;
    let time = jiff::Timestamp::new(seconds, nanos).map_err(|error| error.to_string())?;
    if named.base() == "Time" {
        let whole = jiff::Timestamp::from_second(time.as_second()).unwrap_or_default();
        return Ok(whole.to_string().into());
    }
    let whole = jiff::Timestamp::from_second(time.as_second()).unwrap_or_default().to_string();
    Ok(format!("{}.{:06}Z", whole.trim_end_matches('Z'), time.subsec_microsecond()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2, u8::try_from(bytes.len()).expect("short")];
        out.extend_from_slice(bytes);
        out
    }

    #[test]
    fn a_config_map() {
        let meta = [field(1, b"v1"), field(2, b"ConfigMap")].concat();
        let entry = [field(1, b"a"), field(2, b"1")].concat();
        let raw = [field(1, &field(1, b"cm")), field(2, &entry)].concat();
        let body = [MAGIC.to_vec(), field(1, &meta), field(2, &raw)].concat();
        assert_eq!(
            read(&body),
            Ok(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cm"}, "data": {"a": "1"}})
            )
        );
        for end in 0..body.len() {
            let _any = read(&body[..end]);
        }
        assert!(read(b"{}").is_err());
    }
}
