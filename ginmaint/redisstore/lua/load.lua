-- KEYS: state, roster. Returns the document, nil where there is none. A script,
-- because a cluster client may send a plain GET to a replica.
local refused = copied(KEYS[2]) or foreign(KEYS[1], 'string')
if refused then
  return refused
end
return redis.call('GET', KEYS[1])
