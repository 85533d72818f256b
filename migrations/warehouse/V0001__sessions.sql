-- Tables that `sessionize deliver` fills. Columns of keys, aggregates and emitted events are added when a run has them.

CREATE TABLE sessionize_versions (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sessionize_versions (version) VALUES (1);

-- How far each follower has come. One stream has one follower in these tables.
CREATE TABLE sessionize_followers (
    name text PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    stream_id uuid NOT NULL UNIQUE,
    run bigint NOT NULL,
    head_digest text NOT NULL,
    delivered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
    sessionize_stream uuid NOT NULL,
    sessionize_run bigint NOT NULL,
    session_id uuid NOT NULL,
    session_start timestamptz NOT NULL,
    session_end timestamptz NOT NULL,
    duration_s double precision NOT NULL,
    event_count bigint NOT NULL,
    close_reason text NOT NULL,
    PRIMARY KEY (sessionize_stream, session_id)
);

-- Sessions that a correction has retracted: a rollback of the run `retracted_by` brings them back.
CREATE TABLE sessionize_retracted (
    LIKE sessions,
    retracted_by bigint NOT NULL,
    PRIMARY KEY (sessionize_stream, retracted_by, session_id)
);

CREATE TABLE events (
    sessionize_stream uuid NOT NULL,
    sessionize_run bigint NOT NULL,
    session_id uuid NOT NULL,
    event_number bigint NOT NULL,
    PRIMARY KEY (sessionize_stream, session_id, event_number)
);
