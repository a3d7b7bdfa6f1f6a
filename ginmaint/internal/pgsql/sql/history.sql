-- $1 name
SELECT pg_is_in_recovery(), (
    SELECT json_agg(json_build_object('before', h.before, 'after', h.after) ORDER BY h.number DESC)::text
    FROM {{history}} AS h
    WHERE h.name = $1::text)
