-- KEYS: roster, state. ARGV: the replica's ID, the replica, the incarnation that it
-- joined, the channel of replicas. Returns {1, the document}, or {0} where the
-- roster does not list it. Never makes a key.
local server, refused = lineage()
refused = refused or foreign(KEYS[1], 'hash') or foreign(KEYS[2], 'string')
if refused then
  return refused
end
local field = 'replica:' .. ARGV[1]
local before = redis.call('HGET', KEYS[1], field)
if not before then
  return {0}
end
local now = clock()
local incarnation = present(KEYS[1], server, now)
local listed, done = string.match(before, '^{"incarnation":"([^"]*)","renewed_us":"%d+","work":"(%x*)",')
if not incarnation or listed ~= incarnation or ARGV[3] ~= incarnation then
  return {0}
end
if done ~= work(ARGV[2]) then
  redis.call('PUBLISH', ARGV[4], ARGV[1])
end
redis.call('HSET', KEYS[1], field, entry(incarnation, now, ARGV[2]))
return {1, redis.call('GET', KEYS[2])}
