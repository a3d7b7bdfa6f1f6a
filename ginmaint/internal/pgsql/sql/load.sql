SELECT pg_is_in_recovery(), s.version, s.revision, s.id, s.document::text
FROM (VALUES (1)) AS always (one)
LEFT JOIN {{table}} AS s ON s.name = $1::text
