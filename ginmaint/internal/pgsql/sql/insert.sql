-- $1 name, $2 revision, $3 id, $4 document
WITH saved AS (
    INSERT INTO {{table}} AS s (name, version, revision, id, document)
    VALUES ($1::text, {{version}}, $2::bigint, $3::text, $4::text::json)
    ON CONFLICT (name) DO NOTHING
    RETURNING s.id
), recorded AS (
    INSERT INTO {{history}} (name, number, after)
    SELECT $1::text, {{next}}, $4::text::json FROM saved
)
SELECT saved.id, {{durable}}, pg_notify({{changed}}, {{payload}})::text
FROM saved
