-- KEYS: roster. ARGV: the replica's ID, the replica, + where the owner vouches and else -
-- and then the incarnation that it belonged to before (empty: none), what the entry for
-- lost replicas is like, a fresh token, the channel of replicas. Returns the incarnation,
-- the time, and how many copies are connected (-1: the server does not tell).
local server, _, refused = lineage()
refused = refused or foreign(KEYS[1], 'hash')
if refused then
  return refused
end
local now = clock()
local vouched, was = string.sub(ARGV[3], 1, 1) == '+', string.sub(ARGV[3], 2)
-- First, because it may be refused. Nobody can look before the script has ended.
redis.call('PUBLISH', ARGV[6], ARGV[1])
redis.call('HSETNX', KEYS[1], 'token', ARGV[5])
redis.call('HSET', KEYS[1], 'unknown', ARGV[4])
local incarnation = present(KEYS[1], server, now, vouched)
if was ~= '' and was ~= incarnation then
  -- Another token is that of a roster which was lost as a whole.
  if vouched and string.match(was, '^[^.]*') == string.match(incarnation, '^[^.]*') then
    redis.call('HSET', KEYS[1], 'vouched', now)
  else
    lose(KEYS[1], was, incarnation, now)
  end
end
redis.call('HSET', KEYS[1], 'replica:' .. ARGV[1], entry(incarnation, now, ARGV[2]))
return {incarnation, now, server and server.copies or -1}
