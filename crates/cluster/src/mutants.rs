//! Mistakes that are planted on purpose, to see whether the tests of whole clusters notice them. Without the feature
//! `mutants` there are none: every question is answered by a constant and compiled away.

/// Whether a mistake is planted in the present thread.
#[inline]
pub fn mutant(name: &str) -> bool {
    #[cfg(feature = "mutants")]
    return planted::is(name);
    #[cfg(not(feature = "mutants"))]
    {
        let _ = name;
        false
    }
}

#[cfg(feature = "mutants")]
pub use planted::plant;

#[cfg(feature = "mutants")]
mod planted {
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Plants one mistake in the present thread, in place of the one before; `None` takes it out.
    pub fn plant(name: Option<&'static str>) {
        PLANTED.set(name);
    }

    pub(super) fn is(name: &str) -> bool {
        PLANTED.get() == Some(name)
    }
}
