//! What a function may ask of the evaluation it runs in: memory, and whether to go on.
use crate::{ErrorKind, EvalError};

/// The running evaluation, as seen by a function.
#[derive(Debug)]
pub struct Call<'c> {
    pub(crate) memory_left: &'c mut u64,
}

impl Call<'_> {
    /// Accounts for `bytes` that the function is about to allocate. Fails, and the function must stop, when the
    /// evaluation would pass its memory limit.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), EvalError> {
        match self.memory_left.checked_sub(bytes as u64) {
            Some(left) => {
                *self.memory_left = left;
                Ok(())
            }
            None => {
                Err(EvalError::new(ErrorKind::LimitExceeded, "operation cancelled: memory limit exceeded"))
            }
        }
    }

    /// Accounts for a list of `items`.
    pub fn reserve_list(&mut self, items: usize) -> Result<(), EvalError> {
        self.reserve(items.saturating_mul(size_of::<crate::Value<'_>>()))
    }
}
