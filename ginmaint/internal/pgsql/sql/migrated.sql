SELECT to_regclass({{table_text}}) IS NOT NULL
   AND to_regclass({{history_text}}) IS NOT NULL
   AND to_regclass({{roster_text}}) IS NOT NULL
   AND to_regclass({{replicas_text}}) IS NOT NULL
