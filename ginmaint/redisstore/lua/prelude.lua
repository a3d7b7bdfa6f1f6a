-- Put before every other script. A function returns the error that ends the
-- script as its last value, before anything was written.

-- foreign refuses a key that somebody else uses for something else.
local function foreign(key, wanted)
  local kind = redis.call('TYPE', key).ok
  if kind ~= wanted and kind ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind .. ', not a ' .. wanted)
  end
end

-- lineage returns what tells servers, their starts and their fail-overs apart.
-- Only a master answers: a replica may lag behind.
local function lineage()
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then
    return nil, redis.error_reply('READONLY this server is a replica')
  end
  local id, before = string.match(info, 'master_replid:(%w+)'), string.match(info, 'master_replid2:(%w+)')
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  if not id or not before or not run then
    return nil, redis.error_reply('NOREPLID INFO names no master_replid or run_id')
  end
  return {id = id, run = run, promoted = string.find(before, '[^0]') ~= nil}
end

-- clock returns the server's time in microseconds, as text: a number in Lua
-- would be written with an exponent.
local function clock()
  local now = redis.call('TIME')
  return now[1] .. string.format('%06d', now[2])
end

-- present returns the incarnation of a roster and when it was first seen, or
-- nothing where there is no roster. A process keeps its incarnation while it takes
-- a new master_replid by itself, which it does when its first replica connects and
-- an hour after the last has gone; a promotion shows in master_replid2.
local function present(roster, server, now)
  local token = redis.call('HGET', roster, 'token')
  if not token then
    return nil
  end
  local name = token .. '.' .. server.id
  local known = redis.call('HMGET', roster, 'incarnation', 'since', 'run')
  if known[1] and known[2] and known[3] == server.run and (known[1] == name or not server.promoted) then
    return known[1], known[2]
  end
  redis.call('HSET', roster, 'incarnation', name, 'since', now, 'run', server.run)
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
  return '{"incarnation":"' .. incarnation .. '","renewed_us":"' .. now .. '","work":"' .. work(replica) ..
    '","replica":' .. string.sub(replica, 17) .. '}'
end
