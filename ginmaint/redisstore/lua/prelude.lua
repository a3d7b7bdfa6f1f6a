-- Put before every other script. A function returns the error that ends the
-- script as its last value, before anything was written.

-- foreign refuses a key that somebody else uses for something else.
local function foreign(key, wanted)
  local kind = redis.call('TYPE', key).ok
  if kind ~= wanted and kind ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind .. ', not a ' .. wanted)
  end
end

-- lineage returns the text that a server takes anew at every start and every
-- fail-over. Only a master answers: a replica may lag behind.
local function lineage()
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then
    return nil, redis.error_reply('READONLY this server is a replica')
  end
  local id = string.match(info, 'master_replid:(%w+)')
  if not id then
    return nil, redis.error_reply('NOREPLID INFO replication names no master_replid')
  end
  return id
end

-- clock returns the server's time in microseconds, as text: a number in Lua
-- would be written with an exponent.
local function clock()
  local now = redis.call('TIME')
  return now[1] .. string.format('%06d', now[2])
end

-- present returns the incarnation of a roster and when it was first seen, or
-- nothing where there is no roster.
local function present(roster, id, now)
  local token = redis.call('HGET', roster, 'token')
  if not token then
    return nil
  end
  local name = token .. '.' .. id
  local known = redis.call('HMGET', roster, 'incarnation', 'since')
  if known[1] == name and known[2] then
    return name, known[2]
  end
  redis.call('HSET', roster, 'incarnation', name, 'since', now)
  return name, now
end

-- A replica comes as a digest of its work in 16 characters, then its JSON: one
-- argument, because Redis hangs up on a client without its password that
-- sends more than ten.
local function work(replica)
  return string.sub(replica, 1, 16)
end

-- entry returns what the roster keeps of a replica. The caller's JSON stays as
-- it came: numbers above 2^53 don't survive a Lua number.
local function entry(incarnation, now, replica)
  return '{"incarnation":"' .. incarnation .. '","reported_us":"' .. now .. '","work":"' .. work(replica) ..
    '","replica":' .. string.sub(replica, 17) .. '}'
end
