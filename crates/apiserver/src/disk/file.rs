//! The file of a data directory: new space is written with zeros when the file grows, so that a later sync writes what
//! has changed and not the file system's journal as well. Refuses to know what is in it.

use redb::{BackendError, StorageBackend, backends::FileBackend};
use std::{
    fs::File,
    io::Result,
    ops::{Bound, Range},
};

/// Space that is written at once at most; a file that grows by more has holes from there on, and slower syncs.
const MOST: u64 = 64 * 1024 * 1024;
/// Zeros written with one call.
const STEP: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Filled(FileBackend);

impl Filled {
    pub(super) fn new(file: File) -> std::result::Result<Self, redb::DatabaseError> {
        FileBackend::new(file).map(Self)
    }

    fn fill(&self, space: Range<u64>) -> Result<()> {
        let zeros = vec![0; STEP];
        let mut at = space.start;
        while at < space.end {
            let length = (space.end - at).min(STEP as u64);
            self.0.write(at, &zeros[..length as usize])?;
            at += length;
        }
        Ok(())
    }
}

impl StorageBackend for Filled {
    fn len(&self) -> Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<()> {
        let old = self.0.len()?;
        self.0.set_len(length)?;
        self.fill(old..length.min(old.saturating_add(MOST)))
    }

    fn sync_data(&self) -> Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> std::result::Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> std::result::Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> std::result::Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> std::result::Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> std::result::Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> std::result::Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_there_and_zero() {
        let file = Filled::new(tempfile::tempfile().expect("a file")).expect("a backend");
        file.set_len(1000).expect("grows");
        file.write(990, b"0123456789").expect("writes");
        file.set_len(STEP as u64 * 2 + 10).expect("grows");
        let mut read = vec![1; STEP * 2 + 10];
        file.read(0, &mut read).expect("reads");
        assert_eq!(&read[990..1000], b"0123456789");
        assert!(read[1000..].iter().all(|byte| *byte == 0));
        file.set_len(5).expect("shrinks");
        assert_eq!(file.len().expect("a length"), 5);
    }
}
