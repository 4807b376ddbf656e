//! Templates to objects: values into holes, omitted places removed, collections expanded, namespaces inherited.

use crate::{
    evaluate::{Failure, Locals},
    pass::Pass,
};
use kro_graph::{Dimension, Expression, Hole, Node, NodeId, NodeKind, Phase};
use kro_object::{FieldPath, Object};
use serde_json::Value;
use std::collections::BTreeSet;

impl Pass {
    /// What should be there for a node whose dependencies are ready; of an external node the reference to it.
    pub(crate) fn desired(&self, id: &NodeId) -> Result<Vec<Object>, Failure> {
        let node = self.node(id);
        let mut objects = match &node.kind {
            NodeKind::Collection { dimensions } => self.expand(node, dimensions)?,
            _ => vec![self.render(node, &node.template.base.to_value(), &node.template.holes, &[])?],
        };
        if matches!(node.kind, NodeKind::ExternalCollection) {
            return Ok(objects);
        }
        for object in &mut objects {
            self.inherit_namespace(node, object)?;
            if object.metadata().name().is_none_or(str::is_empty) {
                return Err(Failure::Fatal(format!("node \"{id}\" must resolve metadata.name to a text")));
            }
        }
        Ok(objects)
    }

    fn render(
        &self,
        node: &Node,
        base: &Value,
        holes: &[Hole],
        locals: Locals<'_, '_>,
    ) -> Result<Object, Failure> {
        let mut value = base.clone();
        self.fill(node, &mut value, holes.iter(), locals)?;
        Object::from_value(value)
            .map_err(|_| Failure::Fatal(format!("node \"{}\": the template is no object", node.id)))
    }

    /// Puts values into holes. A mistake in any of them outweighs data that is missing in others.
    fn fill<'h>(
        &self,
        node: &Node,
        value: &mut Value,
        holes: impl Iterator<Item = &'h Hole>,
        locals: Locals<'_, '_>,
    ) -> Result<(), Failure> {
        let id = &node.id;
        let mut pending = None;
        let mut omitted: Vec<&FieldPath> = Vec::new();
        for hole in holes {
            match self.resolve(&hole.expression, locals) {
                Ok(Some(json)) => hole
                    .path
                    .set(value, json)
                    .map_err(|error| Failure::Fatal(format!("node \"{id}\": {}: {error}", hole.path)))?,
                Ok(None) => omitted.push(&hole.path),
                Err(Failure::Pending(error)) => {
                    pending.get_or_insert(format!("node \"{id}\" lacks data: {error}"));
                }
                Err(Failure::Fatal(error)) => return Err(Failure::Fatal(format!("node \"{id}\": {error}"))),
            }
        }
        if let Some(message) = pending {
            return Err(Failure::Pending(message));
        }
        // From the end, so that the places of list items stay valid.
        for path in omitted.into_iter().rev() {
            path.remove(value);
        }
        Ok(())
    }

    /// One object for each element of the product of the dimensions, the first dimension slowest.
    fn expand(&self, node: &Node, dimensions: &[Dimension]) -> Result<Vec<Object>, Failure> {
        let mut lists: Vec<Vec<Value>> = Vec::with_capacity(dimensions.len());
        let mut size = 1_usize;
        for dimension in dimensions {
            let list = self.list(&dimension.name, &dimension.list)?;
            size = size.saturating_mul(list.len());
            if size == 0 {
                return Ok(Vec::new());
            }
            let limit = self.limits.collection_size;
            if size > limit {
                let message =
                    format!("collection size of {size} is over the maximum collection size of {limit}");
                return Err(Failure::Fatal(message));
            }
            lists.push(list);
        }
        let iterated = |hole: &&Hole| hole.expression.phase == Phase::Iteration;
        // An omitted list item moves the ones behind it, so templates with omissions are rendered item by item.
        let (each, once): (Vec<&Hole>, Vec<&Hole>) = node.template.holes.iter().partition(iterated);
        let mut base = node.template.base.to_value();
        let omits = once.iter().any(|hole| hole.expression.cel.contains("omit"));
        if !omits {
            self.fill(node, &mut base, once.iter().copied(), &[])?;
        }
        let mut objects = Vec::with_capacity(size);
        let mut identities = BTreeSet::new();
        for index in 0..size {
            let locals = pick(dimensions, &lists, index);
            let object = if omits {
                self.render(node, &base, &node.template.holes, &locals)?
            } else {
                let mut value = base.clone();
                self.fill(node, &mut value, each.iter().copied(), &locals)?;
                Object::from_value(value)
                    .map_err(|_| Failure::Fatal(format!("node \"{}\": the template is no object", node.id)))?
            };
            if !identities.insert(object.key()) {
                let (gvk, key) = (&node.resource.gvk, object.key());
                let namespace = key.namespace.as_deref().unwrap_or_default();
                let identity = format!("{}/{}/{}/{namespace}/{}", gvk.group, gvk.version, gvk.kind, key.name);
                return Err(Failure::Fatal(format!(
                    "node \"{}\" identity collision: duplicate identity: {identity}",
                    node.id
                )));
            }
            objects.push(object);
        }
        Ok(objects)
    }

    fn list(&self, name: &str, expression: &Expression) -> Result<Vec<Value>, Failure> {
        match self.resolve(expression, &[]) {
            Ok(Some(Value::Array(items))) => Ok(items),
            Ok(Some(Value::Null) | None) => {
                Err(Failure::Fatal(format!("forEach {name:?}: returned null, expected list")))
            }
            Ok(Some(_)) => Err(Failure::Fatal(format!("forEach {name:?}: expected list"))),
            Err(Failure::Pending(error)) => Err(Failure::Pending(format!("forEach {name:?}: {error}"))),
            Err(Failure::Fatal(error)) => Err(Failure::Fatal(format!("forEach {name:?}: {error}"))),
        }
    }

    /// A namespaced object without a namespace lives beside the instance.
    fn inherit_namespace(&self, node: &Node, object: &mut Object) -> Result<(), Failure> {
        if !node.resource.is_namespaced()
            || object.metadata().namespace().is_some_and(|name| !name.is_empty())
        {
            return Ok(());
        }
        match self.instance.metadata().namespace() {
            Some(namespace) => {
                object.metadata_mut().insert("namespace", namespace);
                Ok(())
            }
            None => Err(Failure::Fatal(format!(
                "node \"{}\" is namespaced and must resolve metadata.namespace when the instance is cluster-scoped",
                node.id
            ))),
        }
    }
}

/// The elements of the product at `index`, the first dimension slowest.
fn pick<'d>(
    dimensions: &'d [Dimension],
    lists: &'d [Vec<Value>],
    mut index: usize,
) -> Vec<(&'d str, &'d Value)> {
    let mut picked: Vec<_> = dimensions
        .iter()
        .zip(lists)
        .rev()
        .map(|(dimension, list)| {
            let item = &list[index % list.len()];
            index /= list.len();
            (&*dimension.name, item)
        })
        .collect();
    picked.reverse();
    picked
}
