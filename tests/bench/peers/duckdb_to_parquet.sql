-- The same events with typed columns, as DuckDB writes Parquet unless it is told otherwise.
COPY (SELECT * FROM read_csv('${INPUT}', header = false, names = ['user', 'time', 'event', 'page']))
TO '${OUTPUT}' (FORMAT parquet);
