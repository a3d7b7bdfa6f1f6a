-- $1 name, $2 revision, $3 id, $4 document, over $5 revision and $6 id (empty: any)
WITH saved AS (
    UPDATE {{table}} AS s
    SET version = {{version}}, revision = $2::bigint, id = $3::text, document = $4::text::json,
        saved_at = clock_timestamp()
    WHERE s.name = $1::text AND s.revision = $5::bigint AND ($6::text = '' OR s.id = $6::text)
      AND s.version <= {{version}}
    RETURNING s.id
)
SELECT saved.id, {{durable}}, pg_notify({{changed}}, {{payload}})::text
FROM saved
