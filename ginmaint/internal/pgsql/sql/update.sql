-- $1 name, $2 revision, $3 id, $4 document, over $5 revision and $6 id (empty: any)
--
-- Whoever holds the row's lock is alone, and finds here all records of before: the row
-- would not have this revision otherwise.
WITH stored AS (
    SELECT s.document FROM {{table}} AS s
    WHERE s.name = $1::text AND s.revision = $5::bigint AND ($6::text = '' OR s.id = $6::text)
      AND s.version <= {{version}}
    FOR UPDATE
), saved AS (
    UPDATE {{table}} AS s
    SET version = {{version}}, revision = $2::bigint, id = $3::text, document = $4::text::json,
        saved_at = clock_timestamp()
    FROM stored
    WHERE s.name = $1::text
    RETURNING s.id, stored.document
), recorded AS (
    INSERT INTO {{history}} (name, number, before, after)
    SELECT $1::text, {{next}}, saved.document, $4::text::json FROM saved
), dropped AS (
    DELETE FROM {{history}} AS h
    WHERE h.name = $1::text AND h.number <= {{next}} - {{most}} AND EXISTS (SELECT FROM saved)
)
SELECT saved.id, {{durable}}, pg_notify({{changed}}, {{payload}})::text
FROM saved
