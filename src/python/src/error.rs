//! Errors as exceptions, with the words of the command.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use sessionize::internals::{Error, ErrorKind};

/// The name of the exception for an error of this kind.
const fn name_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Usage => "UsageError",
        ErrorKind::DataRefused | ErrorKind::NoInput => "DataError",
        ErrorKind::Definition => "DefinitionError",
        ErrorKind::Checkpoint | ErrorKind::OutputsMissing => "CheckpointError",
        _ => "SessionizeError",
    }
}

/// The exception for `error`.
pub fn exception(error: &Error) -> PyErr {
    raised(name_of(error.kind()), error.to_string())
}

/// The exception of this name, as `sessionize.errors` has it.
pub fn raised(name: &str, message: String) -> PyErr {
    let raised = Python::attach(|py| {
        let class = py.import("sessionize.errors")?.getattr(name)?;
        Ok::<_, PyErr>(PyErr::from_value(class.call1((message.clone(),))?))
    });
    raised.unwrap_or_else(|_| PyRuntimeError::new_err(message))
}
