-- KEYS: roster, state. ARGV: + where the owner vouches. Returns the document, the time, the incarnation and when it
-- was first seen (both empty where there is no roster), all fields of the roster with
-- their values, and why the server does not tell its lineage (empty: it does). A drain
-- rests on the incarnation being that of this server at this moment.
local server, why, refused = lineage()
refused = refused or copied(KEYS[1]) or foreign(KEYS[1], 'hash') or foreign(KEYS[2], 'string')
if refused then
  return refused
end
local now = clock()
local incarnation, since = present(KEYS[1], server, now, ARGV[1] == '+')
local document = redis.call('GET', KEYS[2])
local fields = redis.call('HGETALL', KEYS[1])
return {document, now, incarnation or '', since or '', fields, why or ''}
