-- $1 name. Only Amazon Aurora has that setting and that function, which some of its releases
-- don't list.
SELECT pg_is_in_recovery(),
       to_regproc('aurora_version') IS NOT NULL OR current_setting('apg_ccm_enabled', true) IS NOT NULL,
       s.version, s.revision, s.id, s.document::text,
       r.present,
       CASE WHEN r.incarnation <> r.present THEN r.incarnation END,
       CASE WHEN r.incarnation = r.present
            THEN (extract(epoch FROM clock_timestamp() - r.began_at) * 1000000)::bigint END,
       (SELECT json_agg(json_build_object('id', e.id, 'incarnation', e.incarnation,
                                          'reported_at', e.reported_at, 'entry', e.entry,
                                          'silent', (extract(epoch FROM clock_timestamp() - e.reported_at) * 1000000)::bigint))::text
        FROM {{replicas}} AS e WHERE e.name = $1::text)
FROM (VALUES (1)) AS always (one)
LEFT JOIN {{table}} AS s ON s.name = $1::text
LEFT JOIN (
    SELECT name, incarnation, began_at,
           token || '.' || CASE WHEN pg_is_in_recovery() THEN '' ELSE {{timeline}} END AS present
    FROM {{roster}}
) AS r ON r.name = $1::text
