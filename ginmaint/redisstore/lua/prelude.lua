-- Put before every other script. A function returns the error that ends the
-- script as its last value, before anything was written.

-- foreign refuses a key that somebody else uses for something else.
local function foreign(key, wanted)
  local kind = redis.call('TYPE', key).ok
  if kind ~= wanted and kind ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. kind .. ', not a ' .. wanted)
  end
end

-- copied refuses a server that is a copy of another and may lag behind it. No copy
-- takes a write, also not one that changes nothing: no field has an empty name. It is
-- asked before an answer without a write; a script that has written once could go on
-- where memory is full.
local function copied(roster)
  local told = redis.pcall('HDEL', roster, '')
  if type(told) ~= 'table' or not told.err then
    return nil
  end
  if string.find(told.err, 'READONLY', 1, true) then
    return redis.error_reply('READONLY this server is a replica')
  end
  for _, passing in ipairs({'MISCONF', 'NOREPLICAS', 'WRONGTYPE'}) do
    if string.find(told.err, passing, 1, true) then
      return nil -- a master all the same, which can be read
    end
  end
  return told
end

-- info returns a section of INFO, or nil and why there is none.
local function info(section)
  local told = redis.pcall('INFO', section)
  if type(told) == 'string' then
    return told
  end
  return nil, 'it refuses INFO in scripts: ' .. (type(told) == 'table' and told.err or 'no text')
end

-- drawn tells whether an ID looks as if it was drawn at random. A constant such as
-- forty zeros does not; fewer than 8 different digits among 40 come up once in 10^10.
local function drawn(id)
  local met, different = {}, 0
  for digit in string.gmatch(id, '%x') do
    if not met[digit] then
      met[digit], different = true, different + 1
    end
  end
  return #id == 40 and different >= 8
end

-- lineage returns what tells servers, their starts and their fail-overs apart, or nil
-- and why this server does not tell it. It is asked within the script that goes by it:
-- no proxy and no fail-over can come between. That takes longer than all else here,
-- so it is asked only where needed.
local function lineage()
  local server, why = info('server')
  if not server then
    return nil, why
  end
  local replication
  replication, why = info('replication')
  if not replication then
    return nil, why
  end
  local role = string.match(replication, 'role:([%w-]+)')
  if role == 'slave' then
    return nil, nil, redis.error_reply('READONLY this server is a replica')
  end
  if role ~= 'master' then
    return nil, 'INFO calls it no master, but ' .. (role or 'nothing')
  end
  local run, id = string.match(server, 'run_id:(%w+)'), string.match(replication, 'master_replid:(%w+)')
  local before = string.match(replication, 'master_replid2:(%w+)')
  if not run or not id or not before then
    return nil, 'INFO names no ' .. (not run and 'run_id' or not id and 'master_replid' or 'master_replid2')
  end
  if not drawn(run) or not drawn(id) or run == id then
    return nil, 'INFO gives a run_id or master_replid that another server may give as well: ' .. run .. ', ' .. id
  end
  local copies = string.match(replication, 'connected_slaves:(%d+)')
  return {id = id, run = run, copies = tonumber(copies), promoted = string.find(before, '[^0]') ~= nil}
end

-- clock returns the server's time in microseconds, as text: a number in Lua
-- would be written with an exponent.
local function clock()
  local now = redis.call('TIME')
  return now[1] .. string.format('%06d', now[2])
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

-- lose adds the entry for the replicas that may have been lost with an incarnation,
-- once for each: a straggler who comes back after somebody has accepted the loss is no
-- news. The one who joined last has left what such an entry is like.
local function lose(roster, was, incarnation, now)
  if redis.call('HSETNX', roster, 'ended:' .. was, now) == 1 then
    local like = redis.call('HGET', roster, 'unknown') or
      string.rep('0', 16) .. '{"id":"unknown-","name":"unknown replicas","unknown":true}' -- earlier releases left none
    local id = 16 + #'{"id":"unknown-'
    redis.call('HSET', roster, 'replica:unknown-' .. was,
      entry(incarnation, now, string.sub(like, 1, id) .. was .. string.sub(like, id + 1)))
  end
end

-- present returns the incarnation of a roster and when it was first seen, or
-- nothing where there is no roster. A process keeps its incarnation while it takes
-- a new master_replid by itself, which it does when its first replica connects and
-- an hour after the last has gone; a promotion shows in master_replid2. A server that
-- does not tell its lineage (nil) keeps the incarnation that is there. What ends here is
-- that of a copy: of the replicas in it perhaps nobody comes who could tell of others.
-- Where the owner vouches, that copy has all of them.
local function present(roster, server, now, vouched)
  local known = redis.call('HMGET', roster, 'token', 'incarnation', 'since', 'run')
  local token = known[1]
  if not token then
    return nil
  end
  local name, run = token, ''
  local same = true
  if server then
    name, run = token .. '.' .. server.id, server.run
    same = known[4] == run and (known[2] == name or not server.promoted)
  end
  if known[2] and known[3] and same then
    return known[2], known[3]
  end
  if known[2] and known[2] ~= name then
    if vouched then
      redis.call('HSET', roster, 'vouched', now)
    else
      lose(roster, known[2], name, now)
    end
  end
  redis.call('HSET', roster, 'incarnation', name, 'since', now, 'run', run)
  return name, now
end
