-- $1 name, $2 id. It also accepts that entries were lost before anybody has joined again.
WITH gone AS (
    DELETE FROM {{replicas}} AS e WHERE e.name = $1::text AND e.id = $2::text RETURNING e.id
), accepted AS (
    UPDATE {{roster}} AS r
    SET incarnation = r.token || '.' || {{timeline}}, began_at = clock_timestamp()
    WHERE r.name = $1::text AND 'unknown-' || r.incarnation = $2::text
      AND r.incarnation <> r.token || '.' || {{timeline}}
    RETURNING $2::text
)
SELECT removed.id, {{durable}}, pg_notify({{reported}}, '')::text
FROM (SELECT id FROM gone UNION SELECT * FROM accepted) AS removed (id)
