-- $1 name, $2 id, $3 incarnation, $4 renewals, of the entry that a listing showed
WITH gone AS (
    DELETE FROM {{replicas}} AS e
    WHERE e.name = $1::text AND e.id = $2::text AND e.incarnation = $3::text AND e.entry ->> 'renewals' = $4::text
    RETURNING e.id
)
SELECT gone.id, {{durable}}, pg_notify({{reported}}, '')::text FROM gone
