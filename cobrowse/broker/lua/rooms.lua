#!lua name=cobrowse
-- The one step of each kind that a room's log takes in Redis. SPEC node.1, node.2.
--
-- Keys of a room share a hash tag (the partition), so that each call stays on one master of a cluster:
--   head  hash: epoch, offset, hash, site of the log's top; replica: the next number to give out
--   log   stream: the entries that the database may not have, and some before, with the offset as its id
--   feed  stream of the partition: records that the database does not have yet

local KEPT = 256 -- entries of a room that stay when the database has them, for nodes that catch up

local function top(head)
  local found = redis.call('HMGET', head, 'epoch', 'offset', 'hash')
  return found[1], found[2], found[3]
end

local function after(log, offset)
  local entries = {}
  for _, each in ipairs(redis.call('XRANGE', log, string.format('%d-1', offset), '+')) do
    entries[#entries + 1] = each[2][2]
  end
  return entries
end

-- Says how far the log is, with the entries after the caller's position if it is on this log.
local function standing(keys, epoch, offset, hash)
  local e, o, h = top(keys[1])
  if not e then
    return { 'unknown' }
  end
  if e == epoch and o == offset and h == hash then
    return { 'same' }
  end
  if e ~= epoch or tonumber(o) <= tonumber(offset) then
    return { 'other', e, o, h }
  end
  return { 'behind', e, o, h, after(keys[2], offset) }
end

-- keys: head, log, feed. args: channel ("" to tell nobody), epoch, offset, hash, hash after, seconds to keep, most in the feed, prefix of
-- the news, then for each record its entry and the record. The position given must be the log's.
local function append(keys, args)
  local stands = standing(keys, args[2], args[3], args[4])
  if stands[1] ~= 'same' then
    -- A write, as every answer that somebody acts upon: whoever waits for the replicas waits for what is said here.
    redis.call('EXPIRE', keys[1], args[6])
    return stands
  end
  if redis.call('XLEN', keys[3]) >= tonumber(args[7]) then
    return { 'full' }
  end
  local offset = tonumber(args[3])
  local news, records = { args[8] }, {}
  for i = 9, #args, 2 do
    offset = offset + 1
    redis.call('XADD', keys[2], string.format('%d-0', offset), 'e', args[i])
    news[#news + 1] = args[i]
    records[#records + 1] = 'r'
    records[#records + 1] = args[i + 1]
  end
  redis.call('XADD', keys[3], '*', unpack(records))
  redis.call('HSET', keys[1], 'offset', string.format('%d', offset), 'hash', args[5])
  redis.call('EXPIRE', keys[1], args[6])
  redis.call('EXPIRE', keys[2], args[6])
  if args[1] ~= '' then
    redis.call('PUBLISH', args[1], table.concat(news))
  end
  return { 'ok' }
end

local function reserve(head, least, count)
  local replica = math.max(tonumber(redis.call('HGET', head, 'replica') or 0), tonumber(least))
  redis.call('HSET', head, 'replica', string.format('%d', replica + tonumber(count)))
  return replica
end

-- keys: head, log. args: epoch, offset, hash, site (what the database says), seconds to keep, least replica, how many
-- replicas. Gives the log's top, the first replica of those that are now the caller's, and the entries after.
local function open(keys, args)
  local e, o, h = top(keys[1])
  local known = tonumber(args[2])
  local forked = known > 0 and (e ~= args[1] or (known == tonumber(o) and h ~= args[3]))
  if not e or known > tonumber(o) or forked then
    -- Redis does not know the room, has forgotten what the database has, or has another entry there: the database is right.
    redis.call('DEL', keys[2])
    e, o, h = args[1], args[2], args[3]
    redis.call('HSET', keys[1], 'epoch', e, 'offset', o, 'hash', h, 'site', args[4])
  end
  local replica = reserve(keys[1], args[6], args[7])
  redis.call('EXPIRE', keys[1], args[5])
  redis.call('EXPIRE', keys[2], args[5])
  return { e, o, h, replica, after(keys[2], known) }
end

-- keys: head, log. args: epoch, offset, hash, seconds to keep.
local function since(keys, args)
  redis.call('EXPIRE', keys[1], args[4])
  return standing(keys, args[1], args[2], args[3])
end

-- keys: any of the partition. args: channel, bytes. A plain PUBLISH has no place in a cluster's pipeline.
local function tell(keys, args)
  return redis.call('PUBLISH', args[1], args[2])
end

-- keys: nodes, a sorted set by the time at which each is gone. args: node, seconds. Gives the nodes that are alive.
local function alive(keys, args)
  local now = tonumber(redis.call('TIME')[1])
  if tonumber(args[2]) > 0 then
    redis.call('ZADD', keys[1], now + tonumber(args[2]), args[1])
  else
    redis.call('ZREM', keys[1], args[1])
  end
  redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', now)
  return redis.call('ZRANGE', keys[1], 0, -1)
end

-- keys: lease. args: node, milliseconds. 1 if the lease is this node's now.
local function lease(keys, args)
  local holder = redis.call('GET', keys[1])
  if holder and holder ~= args[1] then
    return 0
  end
  redis.call('SET', keys[1], args[1], 'PX', args[2])
  return 1
end

-- keys: feed. args: how many steps. Gives each step's name and its records.
local function read(keys, args)
  local steps = {}
  for _, step in ipairs(redis.call('XRANGE', keys[1], '-', '+', 'COUNT', args[1])) do
    local records = {}
    for i = 2, #step[2], 2 do
      records[#records + 1] = step[2][i]
    end
    steps[#steps + 1] = { step[1], records }
  end
  return steps
end

-- keys: feed, and one to write where the replicas are waited for. args: names of steps. 1 if the feed has them all.
local function has(keys, args)
  if keys[2] then
    redis.call('SET', keys[2], '1', 'EX', 60)
  end
  for _, name in ipairs(args) do
    if #redis.call('XRANGE', keys[1], name, name) == 0 then
      return 0
    end
  end
  return 1
end

-- keys: feed, then logs. args: how many steps, their names, then for each log the offset up to which the database has it.
local function done(keys, args)
  local steps = tonumber(args[1])
  for i = 2, steps + 1 do
    redis.call('XDEL', keys[1], args[i])
  end
  for i = 2, #keys do
    local first = tonumber(args[steps + i]) - KEPT
    if first > 1 then
      redis.call('XTRIM', keys[i], 'MINID', '~', string.format('%d-0', first))
    end
  end
end

redis.register_function('cobrowse_done', done)
redis.register_function('cobrowse_has', has)
redis.register_function('cobrowse_read', read)
redis.register_function('cobrowse_append', append)
redis.register_function('cobrowse_open', open)
redis.register_function('cobrowse_reserve', function(keys, args)
  redis.call('EXPIRE', keys[1], args[3])
  return reserve(keys[1], args[1], args[2])
end)
redis.register_function('cobrowse_since', since)
redis.register_function('cobrowse_tell', tell)
redis.register_function('cobrowse_alive', alive)
redis.register_function('cobrowse_lease', lease)
