-- KEYS: state, roster, history. ARGV: the text expected there (empty: none), the text to
-- put in its place, the channel of changes, the index of the last record to keep beside
-- the new one. Returns {1}, or {0, the text there}.
local refused = foreign(KEYS[1], 'string') or foreign(KEYS[3], 'list')
if refused then
  return refused
end
local before = redis.call('GET', KEYS[1])
if before ~= (ARGV[1] ~= '' and ARGV[1]) then
  return copied(KEYS[2]) or {0, before}
end
redis.call('SET', KEYS[1], ARGV[2]) -- first, as Redis refuses it where memory is full
local recorded = false
for _, call in ipairs({
  {'LTRIM', KEYS[3], 0, ARGV[4]},
  {'LPUSH', KEYS[3], '{"before":' .. (before or 'null') .. ',"after":' .. ARGV[2] .. '}'},
  {'PUBLISH', ARGV[3], ARGV[2]},
}) do
  local told = redis.pcall(unpack(call))
  if type(told) == 'table' and told.err then
    -- The user may not: a save that nobody hears of, or without its record, must not pass
    -- for one.
    if before then
      redis.call('SET', KEYS[1], before)
    else
      redis.call('DEL', KEYS[1])
    end
    if recorded then
      redis.call('LTRIM', KEYS[3], 1, -1)
    end
    if not string.find(told.err, "' command", 1, true) then
      told.err = told.err .. " (the '" .. string.lower(call[1]) .. "' command)"
    end
    return told
  end
  recorded = call[1] == 'LPUSH'
end
return {1}
