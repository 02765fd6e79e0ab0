//! An object of which some fields may not be known yet, as CEL sees it.

use std::collections::BTreeMap;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer};
use cel::common::types::{CelString, Type};
use cel::common::value::{CowVal, Val};

static TYPE: Type = Type::new_unspecified_type("part");

/// Fields by name. To ask for one that is not known is an error, which `&&` and `||`
/// pass over where the other side decides: so much CEL says itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// None: behind a placeholder.
    pub(super) fields: BTreeMap<String, Option<Box<dyn Val>>>,
    /// Whether there may be fields that nobody sees.
    pub(super) is_open: bool,
}

/// What a placeholder stands for is not known.
pub(super) fn unknown() -> ExecutionError {
    ExecutionError::function_error("placeholder", "what it stands for is not known")
}

impl Part {
    fn find(&self, field: &dyn Val) -> Result<&(dyn Val + 'static), ExecutionError> {
        let name = field.downcast_ref::<CelString<'_>>().map_or("", CelString::inner);
        match self.fields.get(name) {
            Some(Some(value)) => Ok(value.as_ref()),
            Some(None) => Err(unknown()),
            None if self.is_open => Err(unknown()),
            None => Err(ExecutionError::no_such_key(name)),
        }
    }
}

impl Indexer for Part {
    fn get<'b, 'v>(&'b self, field: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let value = self.find(field)?;
        Ok(CowVal::Borrowed(value))
    }

    fn steal<'v>(self: Box<Self>, field: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let value = self.find(field)?;
        Ok(value.clone_as_boxed())
    }
}

impl Container for Part {
    fn contains(&self, field: &dyn Val) -> Result<bool, ExecutionError> {
        // It is there, whatever its value.
        if field
            .downcast_ref::<CelString<'_>>()
            .is_some_and(|name| self.fields.contains_key(name.inner()))
        {
            return Ok(true);
        }
        match self.find(field) {
            Ok(_) => Ok(true),
            Err(ExecutionError::NoSuchKey(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Val for Part {
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

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }
}
