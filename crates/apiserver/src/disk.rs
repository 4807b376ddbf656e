//! A data directory: all objects in one redb file, changed by transactions that are on disk when they are told.
//! It leaves out the history: watches and continue tokens from before a start are answered with 410.

mod file;

use self::file::Filled;
use crate::{
    core::{Change, unsaved},
    saving::Keep,
    snapshot::{Saved, Snapshot},
};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use std::{
    fmt,
    fs::{self, File},
    path::{Path, PathBuf},
};

type Place<'a> = (&'a str, &'a str, &'a str, &'a str);
/// Objects by group, plural name, namespace and name, as [`Stored::saved`] tells them.
const OBJECTS: TableDefinition<'_, Place<'_>, (&[u8], u32)> = TableDefinition::new("objects");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const REVISION: &str = "revision";
const FORMAT: &str = "format";
/// Raised when older programs could no longer read what is written.
const PRESENT_FORMAT: u64 = 2;
const FILE: &str = "objects.redb";
/// A file is compacted when a server starts if it is this much longer than what is in it.
const SLACK: u64 = 16 * 1024 * 1024;

/// A data directory that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the data directory {} cannot be used: {why}", path.display())]
pub struct DiskError {
    path: PathBuf,
    why: String,
}

impl DiskError {
    pub(crate) fn new(path: &Path, why: String) -> Self {
        Self { path: path.to_owned(), why }
    }
}

/// An open data directory. Only one process has it at a time.
#[derive(Debug)]
pub(crate) struct Disk {
    database: Database,
}

impl Disk {
    /// Opens a directory, made if it is not there; the snapshot is absent if nothing was ever saved.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Snapshot>), DiskError> {
        let wrong = |why: String| DiskError::new(path, why);
        fs::create_dir_all(path).map_err(|error| wrong(error.to_string()))?;
        let file = path.join(FILE);
        let opened = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .map_err(redb::DatabaseError::from)
            .and_then(Filled::new)
            .and_then(|backend| Database::builder().create_with_backend(backend));
        let opened = opened.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => wrong("another process uses it".to_owned()),
            other => wrong(other.to_string()),
        });
        let mut disk = Self { database: opened? };
        let snapshot = disk.load().map_err(|error| wrong(error.to_string()))?;
        let size = snapshot.as_ref().map_or(0, |(_, size)| *size);
        if fs::metadata(&file).is_ok_and(|found| found.len() > 4 * size + SLACK) {
            disk.database.compact().map_err(|error| wrong(error.to_string()))?;
        }
        Ok((disk, snapshot.map(|(snapshot, _)| snapshot)))
    }

    /// Everything saved, and the bytes of it.
    fn load(&self) -> Result<Option<(Snapshot, u64)>, Box<dyn std::error::Error>> {
        let read = self.database.begin_read()?;
        let meta = match read.open_table(META) {
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
            other => other?,
        };
        let number =
            |name| -> Result<u64, redb::StorageError> { Ok(meta.get(name)?.map_or(0, |n| n.value())) };
        let format = number(FORMAT)?;
        if format != PRESENT_FORMAT {
            return Err(format!("its format is {format}, this program reads {PRESENT_FORMAT}").into());
        }
        let (mut objects, mut size) = (Vec::new(), 0);
        for entry in read.open_table(OBJECTS)?.iter()? {
            let (key, saved) = entry?;
            let (group, plural, namespace, name) = key.value();
            let (bytes, length) = saved.value();
            size += bytes.len() as u64;
            let unreadable = |why: &dyn fmt::Display| {
                format!("{plural}.{group} {namespace}/{name} is not readable: {why}")
            };
            let json = unsaved(bytes, length).ok_or_else(|| unreadable(&"it is not packed as told"))?;
            let object = serde_json::from_slice(&json).map_err(|error| unreadable(&error))?;
            objects.push(Saved { group: group.to_owned(), plural: plural.to_owned(), object });
        }
        Ok(Some((Snapshot { revision: number(REVISION)?, objects }, size)))
    }

    fn write(&self, changes: &[Change], revision: u64) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut objects = transaction.open_table(OBJECTS)?;
            for change in changes {
                let (resource, key) = (&change.resource, &change.key);
                let place = (&*resource.group, &*resource.plural, &*key.namespace, &*key.name);
                match &change.new {
                    Some(stored) => {
                        let (bytes, length) = stored.saved();
                        objects.insert(place, (&*bytes, length))?;
                    }
                    None => drop(objects.remove(place)?),
                }
            }
            let mut meta = transaction.open_table(META)?;
            meta.insert(REVISION, revision)?;
            meta.insert(FORMAT, PRESENT_FORMAT)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Keep for Disk {
    fn keep(&mut self, changes: &[Change], revision: u64) -> Result<(), String> {
        self.write(changes, revision).map_err(|error| error.to_string())
    }
}
