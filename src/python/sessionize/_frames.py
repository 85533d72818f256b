"""Data frames in and out: anything that speaks Arrow comes in, and the answer is of the same kind where that is possible."""

from . import _core


def kind_of(data):
    """What made `data`: the name of a kind in `KINDS`."""
    package = type(data).__module__.partition(".")[0]
    if package == "polars":
        return "polars.LazyFrame" if type(data).__name__ == "LazyFrame" else "polars"
    if package in ("_duckdb", "duckdb"):
        return "pyarrow"
    return package if package in KINDS else "arrow"


def is_stream(data):
    """Whether `data` can be read only once."""
    return type(data).__name__ == "RecordBatchReader"


def rows(data):
    """`data` as an object that speaks Arrow."""
    if kind_of(data) == "polars.LazyFrame":
        return data.collect()
    if kind_of(data) == "pandas":
        # Its own interface would bring the index as a column.
        return _pyarrow().Table.from_pandas(data, preserve_index=False)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data
    if isinstance(data, dict):
        return _pyarrow().table(data)
    raise TypeError(
        f"{type(data).__module__}.{type(data).__name__} does not speak Arrow; give a data frame of pandas or Polars, a table or "
        "reader of pyarrow, a relation of DuckDB, or any object with __arrow_c_stream__"
    )


def answer(table, kind):
    """`table` in the kind of the data that was given."""
    return KINDS[kind](table)


def _pyarrow():
    try:
        import pyarrow
    except ImportError:
        raise ImportError("this kind of data goes through pyarrow: pip install pyarrow") from None
    return pyarrow


def _to_polars(table):
    import polars

    return polars.DataFrame(table)


def _to_pandas(table):
    import pandas

    if hasattr(pandas.DataFrame, "from_arrow"):
        return pandas.DataFrame.from_arrow(table)
    return _pyarrow().table(table).to_pandas()


def _to_pyarrow(table):
    return _pyarrow().table(table)


def _as_it_is(table):
    return table


KINDS = {
    "polars": _to_polars,
    "polars.LazyFrame": lambda table: _to_polars(table).lazy(),
    "pandas": _to_pandas,
    "pyarrow": _to_pyarrow,
    "arrow": _as_it_is,
}
