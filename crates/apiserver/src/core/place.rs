//! Where a value stands in a document: a chain of steps on the stack, written out only when something is wrong there.

/// A value's place. The root has no step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    above: Option<&'p Self>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Root,
    Field(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    pub(crate) const ROOT: Self = Self { above: None, step: Step::Root };

    /// The field of a struct.
    pub(crate) fn field(&'p self, name: &'p str) -> Self {
        Self { above: Some(self), step: Step::Field(name) }
    }

    /// The entry of a map.
    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Self { above: Some(self), step: Step::Key(key) }
    }

    /// The item of a list.
    pub(crate) fn index(&'p self, at: usize) -> Self {
        Self { above: Some(self), step: Step::Index(at) }
    }

    pub(crate) fn is_root(&self) -> bool {
        matches!(self.step, Step::Root)
    }

    /// As strict decoding writes it: `spec.list[0].name`.
    pub(crate) fn strict(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true);
        out
    }

    /// As errors about types write it: the fields alone, without positions and keys.
    pub(crate) fn fields(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, false);
        out
    }

    fn write(&self, out: &mut String, is_strict: bool) {
        if let Some(above) = self.above {
            above.write(out, is_strict);
        }
        match self.step {
            Step::Index(at) if is_strict => {
                out.push('[');
                out.push_str(&at.to_string());
                out.push(']');
            }
            Step::Field(name) => join(out, name),
            Step::Key(key) if is_strict => join(out, key),
            Step::Root | Step::Index(_) | Step::Key(_) => {}
        }
    }
}

fn join(out: &mut String, name: &str) {
    if !out.is_empty() {
        out.push('.');
    }
    out.push_str(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_in_two_ways() {
        let spec = Place::ROOT.field("spec");
        let (list, labels) = (spec.field("list"), spec.field("labels"));
        let item = list.index(1);
        let name = item.field("name");
        assert_eq!((name.strict(), name.fields()), ("spec.list[1].name".into(), "spec.list.name".into()));
        let entry = labels.key("a");
        assert_eq!((entry.strict(), entry.fields()), ("spec.labels.a".into(), "spec.labels".into()));
    }
}
