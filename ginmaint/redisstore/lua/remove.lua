-- KEYS: roster. ARGV: a replica's ID, the channel of replicas. Returns 1, or 0
-- where the roster does not list it.
local refused = foreign(KEYS[1], 'hash')
if refused then
  return refused
end
local field = 'replica:' .. ARGV[1]
if redis.call('HEXISTS', KEYS[1], field) == 0 then
  return copied(KEYS[1]) or 0
end
redis.call('PUBLISH', ARGV[2], ARGV[1])
return redis.call('HDEL', KEYS[1], field)
