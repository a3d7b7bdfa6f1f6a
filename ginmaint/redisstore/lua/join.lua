-- KEYS: roster. ARGV: the replica's ID, the replica, the incarnation that it
-- belonged to before (empty: none), the entry for the replicas that nobody knows of, a
-- fresh token, the channel of replicas. Returns the incarnation and the time.
local server, _, refused = lineage()
refused = refused or foreign(KEYS[1], 'hash')
if refused then
  return refused
end
local now = clock()
-- First, because it may be refused. Nobody can look before the script has ended.
redis.call('PUBLISH', ARGV[6], ARGV[1])
redis.call('HSETNX', KEYS[1], 'token', ARGV[5])
local incarnation = present(KEYS[1], server, now)
-- Once for each incarnation that ended: a straggler who comes back after somebody
-- has accepted the loss is no news.
if ARGV[3] ~= '' and ARGV[3] ~= incarnation and redis.call('HSETNX', KEYS[1], 'ended:' .. ARGV[3], now) == 1 then
  redis.call('HSET', KEYS[1], 'replica:unknown-' .. ARGV[3], entry(incarnation, now, ARGV[4]))
end
redis.call('HSET', KEYS[1], 'replica:' .. ARGV[1], entry(incarnation, now, ARGV[2]))
return {incarnation, now}
