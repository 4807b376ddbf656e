//! What a name in some files can stand for: resources and iterators of one definition; kinds, their fields and custom
//! types, which one file declares and others use. Follows fields through definitions and CRDs; finds no uses.

use crate::{File, file::Manifest, schemas::kind_of};
use kro_object::{FieldPath, Gvk, Segment};
use serde_json::Value;

/// A document of one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Home {
    pub(crate) file: usize,
    pub(crate) document: usize,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Symbol {
    /// A resource, by its position.
    Node(Home, usize, String),
    /// An iterator of a resource.
    Iterator(Home, usize, String),
    /// A kind, by the document that declares it.
    Kind(Home),
    /// A field of a kind or a custom type, by the place of its declaration.
    Field(Home, FieldPath),
}

/// The files with the kinds that they declare.
#[derive(Debug)]
pub(crate) struct Makers<'f> {
    files: &'f [&'f File],
    kinds: Vec<(Box<str>, Box<str>, Home)>,
}

impl<'f> Makers<'f> {
    pub(crate) fn new(files: &'f [&'f File]) -> Self {
        let mut makers = Self { files, kinds: Vec::new() };
        for home in makers.homes().collect::<Vec<_>>() {
            if let Some((group, kind)) = declared(&makers.manifest(home).value) {
                makers.kinds.push((group.into(), kind.into(), home));
            }
        }
        makers
    }

    /// Every document.
    pub(crate) fn homes(&self) -> impl Iterator<Item = Home> + use<'f> {
        let documents = |(file, of): (usize, &&File)| {
            (0..of.manifests().len()).map(move |document| Home { file, document })
        };
        self.files.iter().enumerate().flat_map(documents)
    }

    pub(crate) fn file(&self, home: Home) -> &'f File {
        self.files[home.file]
    }

    pub(crate) fn manifest(&self, home: Home) -> &'f Manifest {
        &self.files[home.file].manifests()[home.document]
    }

    /// Who declares a kind: a document of the same file, else the only one of all.
    pub(crate) fn maker(&self, gvk: &Gvk, near: usize) -> Option<Home> {
        let all = || {
            let same =
                |(group, kind, _): &&(Box<str>, Box<str>, Home)| *group == gvk.group && *kind == gvk.kind;
            self.kinds.iter().filter(same).map(|(.., home)| *home)
        };
        let mut others = all().filter(|home| home.file != near);
        all().find(|home| home.file == near).or_else(|| others.next().filter(|_| others.next().is_none()))
    }

    /// Whether any document declares a kind.
    pub(crate) fn declares(&self, group: &str, kind: &str) -> bool {
        self.kinds.iter().any(|known| *known.0 == *group && *known.1 == *kind)
    }

    /// The fields of a kind below `spec` or `status`.
    pub(crate) fn fields(&self, maker: Home, version: &str, part: &str) -> Option<Fields<'f>> {
        let value = &self.manifest(maker).value;
        if self.manifest(maker).is_definition() {
            let schema = value.pointer("/spec/schema")?;
            let path = root(["spec", "schema", part]);
            return Some(Fields {
                maker,
                path,
                shape: Shape::Simple { schema, at: schema.get(part)?, left: "" },
            });
        }
        let versions = value.pointer("/spec/versions")?.as_array()?;
        let index = versions.iter().position(|it| it["name"] == *version)?;
        let path = root(["spec", "versions"]).join(index).join("schema").join("openAPIV3Schema");
        let whole = Fields { maker, shape: Shape::OpenApi(path.walk(value)?), path };
        Some(whole.field(part)?.0)
    }
}

/// Group and kind that a document declares.
fn declared(value: &Value) -> Option<(&str, &str)> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    if crate::expressions::is_definition(value) {
        return Some((text("/spec/schema/group").unwrap_or("kro.run"), text("/spec/schema/kind")?));
    }
    let is_crd = &*kind_of(value)?.kind == "CustomResourceDefinition";
    is_crd.then_some(())?;
    Some((text("/spec/group")?, text("/spec/names/kind")?))
}

fn root<const N: usize>(names: [&str; N]) -> FieldPath {
    names.into_iter().map(Segment::from).collect()
}

/// A place in the fields of a kind.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'v> {
    maker: Home,
    path: FieldPath,
    shape: Shape<'v>,
}

#[derive(Debug, Clone)]
enum Shape<'v> {
    /// SimpleSchema; of the text of a field what its list and map types leave.
    Simple {
        schema: &'v Value,
        at: &'v Value,
        left: &'v str,
    },
    OpenApi(&'v Value),
}

impl<'v> Fields<'v> {
    /// The fields below a name, with the symbol of the name; a key of a map has none.
    pub(crate) fn field(&self, name: &str) -> Option<(Self, Option<Symbol>)> {
        let declared = |path: FieldPath, shape: Shape<'v>| {
            let symbol = Symbol::Field(self.maker, path.clone());
            Some((Self { maker: self.maker, path, shape }, Some(symbol)))
        };
        match &self.shape {
            Shape::Simple { schema, at: Value::Object(fields), .. } => {
                let at = fields.get(name)?;
                declared(self.path.join(name), Shape::Simple { schema, at, left: type_text(at) })
            }
            Shape::Simple { schema, at, left } => {
                if let Some(left) = left.strip_prefix("map[string]") {
                    let shape = Shape::Simple { schema, at, left };
                    return Some((Self { shape, ..self.clone() }, None));
                }
                let at = schema.get("types")?.get(*left)?.get(name)?;
                let path = root(["spec", "schema", "types"]).join(*left).join(name);
                declared(path, Shape::Simple { schema, at, left: type_text(at) })
            }
            Shape::OpenApi(schema) => {
                if let Some(child) = schema.get("properties").and_then(|fields| fields.get(name)) {
                    return declared(self.path.join("properties").join(name), Shape::OpenApi(child));
                }
                Some((self.below("additionalProperties", schema)?, None))
            }
        }
    }

    /// The fields of the items of a list.
    pub(crate) fn item(&self) -> Option<Self> {
        match &self.shape {
            Shape::Simple { schema, at, left } => {
                let left = left.strip_prefix("[]").or_else(|| left.strip_prefix("map[string]"))?;
                Some(Self { shape: Shape::Simple { schema, at, left }, ..self.clone() })
            }
            Shape::OpenApi(schema) => self.below("items", schema),
        }
    }

    fn below(&self, part: &str, schema: &'v Value) -> Option<Self> {
        let shape = Shape::OpenApi(schema.get(part).filter(|it| it.is_object())?);
        Some(Self { maker: self.maker, path: self.path.join(part), shape })
    }
}

/// The type of a SimpleSchema field, as it is written.
fn type_text(field: &Value) -> &str {
    field.as_str().and_then(|text| text.split('|').next()).unwrap_or_default().trim()
}

/// The custom type in the text of a field, with its place there.
pub(crate) fn custom_type<'t>(text: &'t str, schema: &Value) -> Option<(usize, &'t str)> {
    let before = text.split('|').next().unwrap_or_default().trim_end();
    let mut name = before.trim_start();
    while let Some(inner) = name.strip_prefix("[]").or_else(|| name.strip_prefix("map[string]")) {
        name = inner;
    }
    schema.get("types")?.get(name)?;
    Some((before.len() - name.len(), name))
}
