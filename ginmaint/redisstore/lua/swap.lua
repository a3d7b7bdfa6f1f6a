-- KEYS: state, roster. ARGV: the text expected there (empty: none), the text to put in
-- its place, the channel of changes. Returns {1}, or {0, the text there}.
local refused = foreign(KEYS[1], 'string')
if refused then
  return refused
end
local before = redis.call('GET', KEYS[1])
if before ~= (ARGV[1] ~= '' and ARGV[1]) then
  return copied(KEYS[2]) or {0, before}
end
redis.call('SET', KEYS[1], ARGV[2])
local told = redis.pcall('PUBLISH', ARGV[3], ARGV[2])
if type(told) == 'table' and told.err then
  -- The user may not publish: a save that nobody hears of must not pass for one.
  if before then
    redis.call('SET', KEYS[1], before)
  else
    redis.call('DEL', KEYS[1])
  end
  return told
end
return {1}
