-- KEYS: roster, state. ARGV: the replica's ID, the replica, the incarnation that it
-- joined, the channel of replicas, + where the owner vouches. Returns {1, the document}, or {0} where the
-- roster does not list it. Never makes a key.
local field = 'replica:' .. ARGV[1]
local kept = redis.pcall('HMGET', KEYS[1], field, 'incarnation', 'asked')
local document = redis.pcall('GET', KEYS[2])
if kept.err or type(document) == 'table' then
  return foreign(KEYS[1], 'hash') or foreign(KEYS[2], 'string') or kept.err and kept or document
end
local before, incarnation = kept[1], kept[2]
if not before then
  return copied(KEYS[1]) or {0}
end
local now = clock()
-- Whichever replica comes first asks for all, every five seconds of the server's
-- clock, also where that was set back. A drain does not rest on it: replicas.lua always
-- asks, and after a fail-over counts nothing that was told here.
local since = tonumber(now) - (tonumber(kept[3]) or 0)
if not incarnation or since < 0 or since >= 5000000 then
  local server, _, refused = lineage()
  if refused then
    return refused
  end
  incarnation = present(KEYS[1], server, now, ARGV[5] == '+')
  redis.call('HSET', KEYS[1], 'asked', now)
end
local listed, done = string.match(before, '^{"incarnation":"([^"]*)","renewed_us":"%d+","work":"(%x*)",')
if not incarnation or listed ~= incarnation or ARGV[3] ~= incarnation then
  return copied(KEYS[1]) or {0}
end
if done ~= work(ARGV[2]) then
  redis.call('PUBLISH', ARGV[4], ARGV[1])
end
redis.call('HSET', KEYS[1], field, entry(incarnation, now, ARGV[2]))
return {1, document}
