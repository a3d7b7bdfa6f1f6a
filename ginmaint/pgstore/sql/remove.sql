WITH gone AS (
    DELETE FROM {{replicas}} AS e WHERE e.name = $1::text AND e.id = $2::text RETURNING e.id
)
SELECT gone.id, {{durable}}, pg_notify({{reported}}, '')::text
FROM gone
