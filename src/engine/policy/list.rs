//! The parameters of a URI of which some may not be seen, as CEL sees them.

use cel::ExecutionError;
use cel::common::traits::{Indexer, Iterable, Iterator};
use cel::common::types::Type;
use cel::common::value::{CowVal, Val};

use super::part::{Part, unknown};

static TYPE: Type = Type::new_unspecified_type("open-list");

/// What is known of a list that a placeholder may add to. It has no size, and behind the
/// known elements comes one of which nothing is known.
#[derive(Debug, Clone)]
pub(super) struct OpenList {
    known: Vec<Box<dyn Val>>,
    rest: Part,
}

impl OpenList {
    pub(super) fn new(known: Vec<Box<dyn Val>>) -> Self {
        Self { known, rest: Part { is_open: true, ..Part::default() } }
    }
}

struct Elements<'b> {
    list: &'b OpenList,
    at: usize,
}

impl<'b, 'v> Iterator<'b, 'v> for Elements<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        let at = self.at;
        self.at += 1;
        match self.list.known.get(at) {
            Some(known) => Some(known.as_ref()),
            None => (at == self.list.known.len()).then_some(&self.list.rest),
        }
    }
}

impl Iterable for OpenList {
    fn iter<'b, 'v>(&'b self) -> Box<dyn Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Elements { list: self, at: 0 })
    }
}

impl Indexer for OpenList {
    fn get<'b, 'v>(&'b self, _: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unknown())
    }

    fn steal<'v>(self: Box<Self>, _: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unknown())
    }
}

impl Val for OpenList {
    fn get_type(&self) -> &Type {
        &TYPE
    }

    fn cel_type() -> &'static Type {
        &TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}
