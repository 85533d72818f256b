-- An output of sessions in any format, as CSV.
COPY (SELECT event_count, duration_s FROM '${INPUT}') TO '${OUTPUT}' (HEADER);
