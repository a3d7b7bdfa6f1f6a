-- Many replicas may start at once, and IF NOT EXISTS alone does not keep two
-- of them from making the same table.
SELECT pg_advisory_xact_lock({{lock}});

-- One row for each switch. The document is the public JSON form of the state;
-- revision and id repeat what it says, for the comparison in a save.
CREATE TABLE IF NOT EXISTS {{table}} (
    name     text        PRIMARY KEY,
    version  integer     NOT NULL,
    revision bigint      NOT NULL,
    id       text        NOT NULL,
    document json        NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row for each of the last changes, written in one statement with the document.
CREATE TABLE IF NOT EXISTS {{history}} (
    name   text   NOT NULL,
    number bigint NOT NULL,
    before json,
    after  json   NOT NULL,
    PRIMARY KEY (name, number)
);

-- One row for each switch that a replica ever joined. The token is random and
-- made with the row, so a roster that was lost and made anew has another one.
CREATE TABLE IF NOT EXISTS {{roster}} (
    name        text        PRIMARY KEY,
    token       text        NOT NULL,
    incarnation text        NOT NULL,
    began_at    timestamptz NOT NULL
);

-- One row for each replica, rewritten with every renewal: room on each page
-- keeps the new version of a row beside the old one, without touching an index.
CREATE TABLE IF NOT EXISTS {{replicas}} (
    name        text        NOT NULL,
    id          text        NOT NULL,
    incarnation text        NOT NULL,
    work        text        NOT NULL,
    moved       boolean     NOT NULL,
    entry       json        NOT NULL,
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (name, id)
) WITH (fillfactor = 50);
