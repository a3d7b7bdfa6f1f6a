-- $1 name, $2 id, $3 incarnation, $4 work, $5 entry
WITH entry AS (
    UPDATE {{replicas}} AS e
    SET work = $4::text, moved = (e.work <> $4::text), entry = $5::text::json, reported_at = clock_timestamp()
    FROM {{roster}} AS r
    WHERE e.name = $1::text AND e.id = $2::text AND e.incarnation = $3::text
      AND r.name = $1::text AND r.token || '.' || {{timeline}} = $3::text
    RETURNING e.moved
)
SELECT s.version, s.revision, s.id, s.document::text,
       set_config('synchronous_commit', 'off', true),
       CASE WHEN entry.moved THEN pg_notify({{reported}}, '')::text END
FROM entry
LEFT JOIN {{table}} AS s ON s.name = $1::text
