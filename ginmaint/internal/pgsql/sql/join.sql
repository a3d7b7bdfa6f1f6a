-- $1 name, $2 token for a new roster, $3 id, $4 work, $5 entry, $6 incarnation before,
-- $7 prefix of the id and $8 entry of the unknown replica, $9 the owner vouches. A copy of
-- the roster tells which incarnation it is of: perhaps nobody comes back who belonged to it.
-- Where the owner vouches it lacks nobody, and one row stands for all such incarnations.
WITH before AS (
    SELECT incarnation FROM {{roster}} WHERE name = $1::text
), roster AS (
    INSERT INTO {{roster}} AS r (name, token, incarnation, began_at)
    VALUES ($1::text, $2::text, $2::text || '.' || {{timeline}}, clock_timestamp())
    ON CONFLICT (name) DO UPDATE
    SET incarnation = r.token || '.' || {{timeline}},
        began_at = CASE WHEN r.incarnation = r.token || '.' || {{timeline}} THEN r.began_at ELSE clock_timestamp() END
    RETURNING r.token, r.incarnation
), entry AS (
    INSERT INTO {{replicas}} AS e (name, id, incarnation, work, moved, entry, reported_at)
    SELECT $1::text, $3::text, roster.incarnation, $4::text, true, $5::text::json, clock_timestamp() FROM roster
    ON CONFLICT (name, id) DO UPDATE
    SET incarnation = excluded.incarnation, work = excluded.work, moved = true,
        entry = excluded.entry, reported_at = excluded.reported_at
    RETURNING e.reported_at
), lost AS (
    INSERT INTO {{replicas}} (name, id, incarnation, work, moved, entry, reported_at)
    SELECT $1::text,
           CASE WHEN $9::boolean AND split_part(ended.incarnation, '.', 1) = roster.token
                THEN '{{vouched}}' ELSE $7::text || ended.incarnation END,
           roster.incarnation, '', true, $8::text::json, clock_timestamp()
    FROM roster, (SELECT $6::text UNION SELECT incarnation FROM before) AS ended (incarnation)
    WHERE ended.incarnation <> '' AND ended.incarnation <> roster.incarnation
    ON CONFLICT (name, id) DO NOTHING
)
SELECT roster.incarnation, entry.reported_at, {{durable}}, pg_notify({{reported}}, '')::text
FROM roster, entry
