//! The extension module of the Python package: data frames to sessions, and the command.

mod checkpoint;
mod command;
mod error;
mod fold;
mod input;
mod output;
mod spark;
mod spark_file;
mod state;
mod table;
mod workers;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<checkpoint::Checkpoint>()?;
    module.add_class::<state::State>()?;
    module.add_class::<table::Table>()?;
    module.add_class::<output::Output>()?;
    module.add_class::<fold::Fold>()?;
    module.add_function(wrap_pyfunction!(fold::fold, module)?)?;
    module.add_function(wrap_pyfunction!(fold::close, module)?)?;
    module.add_function(wrap_pyfunction!(fold::joined, module)?)?;
    module.add_function(wrap_pyfunction!(fold::label, module)?)?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(command::flags, module)?)?;
    module.add_class::<spark_file::SparkFile>()?;
    spark::register(module)
}
