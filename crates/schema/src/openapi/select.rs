//! The part of an OpenAPI v3 document that some kinds need, read from its text without building the rest.
//! A core document of 1.6 MB takes 15 MB as a tree; most users need a twentieth of it. Refuses to judge what it
//! reads: references that lead nowhere are left for whoever follows them.

use super::kinds_in;
use kro_object::Gvk;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Where the components are.
const PLACE: &[&str] = &["components", "schemas"];
/// What a reference to a component starts with.
pub(super) const LOCAL: &str = "#/components/schemas/";

/// The components of `kinds` and everything they refer to, as a document of its own. The text is read twice: once
/// for who refers to whom, once for what is wanted.
pub(super) fn select(text: &str, kinds: &BTreeSet<Gvk>) -> Result<Value, serde_json::Error> {
    let mut links = Links::default();
    read(text, &mut links)?;
    let mut pick = Pick { wanted: links.closure(kinds), schemas: Map::new() };
    read(text, &mut pick)?;
    Ok(json!({"components": {"schemas": pick.schemas}}))
}

fn read(text: &str, each: &mut impl Each) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Below { path: PLACE, each }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// What is done with every component.
trait Each {
    /// Takes the value of the entry `name`.
    fn component<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error>;
}

/// Who refers to whom.
#[derive(Default)]
struct Links(BTreeMap<String, Link>);

/// What a component says of itself.
#[derive(Default)]
struct Link {
    refs: BTreeSet<String>,
    kinds: Vec<Gvk>,
}

impl Links {
    /// The components of some kinds and all they refer to.
    fn closure(self, kinds: &BTreeSet<Gvk>) -> BTreeSet<String> {
        let named = self.0.iter().filter(|(_, link)| link.kinds.iter().any(|kind| kinds.contains(kind)));
        let mut open: Vec<&String> = named.map(|(name, _)| name).collect();
        let mut closure = BTreeSet::new();
        while let Some(name) = open.pop() {
            if closure.insert(name.clone()) {
                open.extend(self.0.get(name).into_iter().flat_map(|link| &link.refs));
            }
        }
        closure
    }
}

impl Each for Links {
    fn component<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        let mut link = Link::default();
        map.next_value_seed(Scan { link: &mut link, at: At::Component })?;
        self.0.insert(name, link);
        Ok(())
    }
}

/// Some components as they are.
struct Pick {
    wanted: BTreeSet<String>,
    schemas: Map<String, Value>,
}

impl Each for Pick {
    fn component<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        if self.wanted.contains(&name) {
            self.schemas.insert(name, map.next_value()?);
            return Ok(());
        }
        map.next_value::<IgnoredAny>().map(drop)
    }
}

/// Goes down a path of fields and does something with every entry of the map it leads to.
struct Below<'a, E> {
    path: &'static [&'static str],
    each: &'a mut E,
}

impl<'de, E: Each> DeserializeSeed<'de> for Below<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, E: Each> Visitor<'de> for Below<'_, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.path {
                [] => self.each.component(key, &mut map)?,
                [field, rest @ ..] if *field == key => {
                    map.next_value_seed(Below { path: rest, each: &mut *self.each })?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Where a value stands in a component.
#[derive(Clone, Copy)]
enum At {
    Component,
    Reference,
    Elsewhere,
}

/// Reads through a component and keeps its references and kinds.
struct Scan<'a> {
    link: &'a mut Link,
    at: At,
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if matches!(self.at, At::Component) && key == "x-kubernetes-group-version-kind" {
                self.link.kinds.extend(kinds_in(&map.next_value()?));
                continue;
            }
            let at = if key == "$ref" { At::Reference } else { At::Elsewhere };
            map.next_value_seed(Scan { link: &mut *self.link, at })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Scan { link: &mut *self.link, at: At::Elsewhere })?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if matches!(self.at, At::Reference)
            && let Some(name) = text.strip_prefix(LOCAL)
        {
            self.link.refs.insert(name.to_owned());
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
