//! All state of a server as a value, written as lines of JSON: one that names the revision, then one per object.
//! It leaves out the history: watches and continue tokens from before are answered with 410.

use crate::core::{Key, ResourceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{self, BufRead, Write};

const FORMAT: &str = "kro-apiserver/1";

/// All objects of a server at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The revision of the last write.
    pub revision: u64,
    /// The objects as stored.
    pub objects: Vec<Saved>,
}

/// One object as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// API group, empty for the core group.
    pub group: String,
    /// Plural resource name.
    pub plural: String,
    /// The object in its storage version.
    pub object: Value,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    revision: u64,
}

impl Saved {
    /// What it is stored under.
    pub(crate) fn place(&self) -> (ResourceId, Key) {
        let text = |pointer| self.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        (
            ResourceId { group: self.group.as_str().into(), plural: self.plural.as_str().into() },
            Key::new(text("/metadata/namespace"), text("/metadata/name")),
        )
    }
}

impl Snapshot {
    /// Writes all lines.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        write_line(out, &Header { format: FORMAT.to_owned(), revision: self.revision })?;
        self.objects.iter().try_for_each(|object| write_line(out, object))
    }

    /// Reads what [`Snapshot::write`] has written.
    ///
    /// # Errors
    ///
    /// Those of the reader, and `InvalidData` that names the line which is no part of a snapshot.
    pub fn read(input: impl BufRead) -> io::Result<Self> {
        let wrong = |line: usize, why: String| {
            io::Error::new(io::ErrorKind::InvalidData, format!("line {line} of the snapshot: {why}"))
        };
        let mut lines = input.lines();
        let first = lines.next().ok_or_else(|| wrong(1, "it is empty".to_owned()))??;
        let header: Header = serde_json::from_str(&first).map_err(|error| wrong(1, error.to_string()))?;
        if header.format != FORMAT {
            return Err(wrong(1, format!("the format is {:?}, not {FORMAT:?}", header.format)));
        }
        let mut objects = Vec::new();
        for (at, line) in lines.enumerate() {
            objects.push(serde_json::from_str(&line?).map_err(|error| wrong(at + 2, error.to_string()))?);
        }
        Ok(Self { revision: header.revision, objects })
    }
}

fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
