-- KEYS: state. Returns the document, nil where there is none. A script, because a
-- cluster client may send a plain GET to a replica.
local _, refused = lineage()
refused = refused or foreign(KEYS[1], 'string')
if refused then
  return refused
end
return redis.call('GET', KEYS[1])
