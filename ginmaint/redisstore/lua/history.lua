-- KEYS: history, roster. Returns its records, the newest first.
local refused = copied(KEYS[2]) or foreign(KEYS[1], 'list')
if refused then
  return refused
end
return redis.call('LRANGE', KEYS[1], 0, -1)
