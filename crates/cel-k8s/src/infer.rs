//! From CEL types back to schemas.

use std::fmt;

use kro_cel::Type;

/// A type as upstream prints it: with the names types have at run time.
pub(crate) struct RuntimeName<'t>(pub(crate) &'t Type);

impl fmt::Display for RuntimeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())?;
        for (at, parameter) in self.0.parameters().enumerate() {
            write!(f, "{}{}", if at == 0 { "(" } else { ", " }, RuntimeName(parameter))?;
        }
        if self.0.parameters().next().is_some() { f.write_str(")") } else { Ok(()) }
    }
}
