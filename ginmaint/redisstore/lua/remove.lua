-- KEYS: roster. ARGV: a replica's ID, the channel of replicas, and, to remove nothing but
-- the entry that a listing showed, its incarnation and its renewals. Returns 1, or 0
-- where the roster does not list it.
local refused = foreign(KEYS[1], 'hash')
if refused then
  return refused
end
local field = 'replica:' .. ARGV[1]
local there = redis.call('HGET', KEYS[1], field)
if there and ARGV[3] then
  -- Quotes within a text are escaped, so no name can pass for the field.
  local incarnation = string.match(there, '^{"incarnation":"([^"]*)",')
  local renewals = string.match(there, '"renewals":(%d+)')
  if incarnation ~= ARGV[3] or renewals ~= ARGV[4] then
    there = nil
  end
end
if not there then
  return copied(KEYS[1]) or 0
end
redis.call('PUBLISH', ARGV[2], ARGV[1])
return redis.call('HDEL', KEYS[1], field)
