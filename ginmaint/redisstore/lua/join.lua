-- KEYS: roster. ARGV: the replica's ID, the replica, the incarnation that it
-- belonged to before (empty: none), what the entry for lost replicas is like, a
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
redis.call('HSET', KEYS[1], 'unknown', ARGV[4])
local incarnation = present(KEYS[1], server, now)
if ARGV[3] ~= '' and ARGV[3] ~= incarnation then
  lose(KEYS[1], ARGV[3], incarnation, now)
end
redis.call('HSET', KEYS[1], 'replica:' .. ARGV[1], entry(incarnation, now, ARGV[2]))
return {incarnation, now}
