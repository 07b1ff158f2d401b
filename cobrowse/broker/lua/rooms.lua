#!lua name=cobrowse
-- The one step of each kind that a room's log takes in Redis. SPEC node.1, node.2.
--
-- Keys of a room share a hash tag (the partition), so that each call stays on one master of a cluster:
--   head  hash: epoch, offset, hash, site of the log's top; replica: the next number to give out; till: when head and log are gone
--   log   stream: the entries that the database may not have, and some before, with the offset as its id
--   feed  stream of the partition: records that the database does not have yet

local KEPT = 256 -- entries of a room that stay when the database has them, for nodes that catch up

local RENEW_S = 3600 -- what keys are kept beyond what is asked for, so that they need not be told to with each entry

local function top(head)
  local found = redis.call('HMGET', head, 'epoch', 'offset', 'hash', 'till')
  return found[1], found[2], found[3], found[4]
end

local function keep(key, seconds)
  redis.call('EXPIRE', key, tonumber(seconds) + RENEW_S)
end

local function after(log, offset)
  local entries = {}
  for _, each in ipairs(redis.call('XRANGE', log, string.format('%d-1', offset), '+')) do
    entries[#entries + 1] = each[2][2]
  end
  return entries
end

-- Says how far the log is, with the entries after the caller's position if it is on this log; and until when it is kept.
local function standing(head, log, epoch, offset, hash)
  local e, o, h, till = top(head)
  if not e then
    return { 'unknown' }
  end
  if e == epoch and o == offset and h == hash then
    return { 'same' }, tonumber(till or 0)
  end
  if e ~= epoch or tonumber(o) <= tonumber(offset) then
    return { 'other', e, o, h }
  end
  return { 'behind', e, o, h, after(log, offset) }
end

-- A step: channel ("" to tell nobody), epoch, offset, hash, hash after, then the lengths of the prefix of the news, of its entries,
-- and of their records, which follow each other in `cargo` from `at` on.
local function take(head, log, step, cargo, at, till, now, seconds)
  local offset, upto = tonumber(step[3]), at + step[6]
  for _, length in ipairs(step[7]) do
    offset = offset + 1
    redis.call('XADD', log, string.format('%d-0', offset), 'e', string.sub(cargo, upto, upto + length - 1))
    upto = upto + length
  end
  if till < now + seconds then
    till = now + seconds + RENEW_S
    redis.call('HSET', head, 'offset', string.format('%d', offset), 'hash', step[5], 'till', string.format('%d', till))
    keep(head, seconds)
    keep(log, seconds)
  else
    redis.call('HSET', head, 'offset', string.format('%d', offset), 'hash', step[5])
  end
  if step[1] ~= '' then
    redis.call('PUBLISH', step[1], string.sub(cargo, at, upto - 1))
  end
  return { 'ok' }
end

local function total(sum, lengths)
  for _, length in ipairs(lengths) do
    sum = sum + length
  end
  return sum
end

-- What a step that broke off is answered, so that the others of its call are not.
local function failed(why)
  return { 'failed', type(why) == 'table' and why.err or tostring(why) }
end

-- keys: for each partition its feed, then head and log for each of its steps. args: in MessagePack, seconds to keep, most in a
-- feed, and for each partition its steps; their cargo. Gives an answer for each step: the position that it gives must be the log's.
-- The feed is written first: an entry may come to the database that nobody was told of, and never the other way round.
local function append(keys, args)
  local seconds, most, feeds = unpack(cmsgpack.unpack(args[1]))
  local cargo, at = args[2], 1
  local now, k, answers = tonumber(redis.call('TIME')[1]), 0, {}
  for _, steps in ipairs(feeds) do
    k = k + 1
    local feed = keys[k]
    local full, taken, records = redis.call('XLEN', feed) >= most, {}, {}
    for _, step in ipairs(steps) do
      local head, log = keys[k + 1], keys[k + 2]
      k = k + 2
      local fine, stands, till = pcall(standing, head, log, step[2], step[3], step[4])
      local n = #answers + 1
      if not fine then
        answers[n] = failed(stands)
      elseif stands[1] ~= 'same' then
        -- A write, as every answer that somebody acts upon: whoever waits for the replicas waits for what is said here.
        keep(head, seconds)
        answers[n] = stands
      elseif full then
        answers[n] = { 'full' }
      else
        answers[n] = false
        taken[#taken + 1] = { n, head, log, step, at, till }
        local upto = at + total(step[6], step[7])
        for _, length in ipairs(step[8]) do
          records[#records + 1] = 'r'
          records[#records + 1] = string.sub(cargo, upto, upto + length - 1)
          upto = upto + length
        end
      end
      at = at + total(total(step[6], step[7]), step[8])
    end
    if #records > 0 then -- of which Lua unpacks eight thousand at most
      redis.call('XADD', feed, '*', unpack(records))
    end
    for _, each in ipairs(taken) do
      local fine, answer = pcall(take, each[2], each[3], each[4], cargo, each[5], each[6], now, seconds)
      answers[each[1]] = fine and answer or failed(answer)
    end
  end
  return answers
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
    redis.call('HSET', keys[1], 'epoch', e, 'offset', o, 'hash', h, 'site', args[4], 'till', '0')
  end
  local replica = reserve(keys[1], args[6], args[7])
  keep(keys[1], args[5])
  keep(keys[2], args[5])
  return { e, o, h, replica, after(keys[2], known) }
end

-- keys: head, log. args: epoch, offset, hash, seconds to keep.
local function since(keys, args)
  keep(keys[1], args[4])
  return (standing(keys[1], keys[2], args[1], args[2], args[3]))
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

-- keys: feed. args: how many records, or a few more, since a step is never parted. Gives each step's name and its records.
local function read(keys, args)
  local steps, left, from = {}, tonumber(args[1]), '-'
  repeat
    local page = redis.call('XRANGE', keys[1], from, '+', 'COUNT', 20)
    for _, step in ipairs(page) do
      local records = {}
      for i = 2, #step[2], 2 do
        records[#records + 1] = step[2][i]
      end
      steps[#steps + 1] = { step[1], records }
      from, left = '(' .. step[1], left - #records
      if left <= 0 then
        return steps
      end
    end
  until #page < 20
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
  keep(keys[1], args[3])
  return reserve(keys[1], args[1], args[2])
end)
redis.register_function('cobrowse_since', since)
redis.register_function('cobrowse_tell', tell)
redis.register_function('cobrowse_alive', alive)
redis.register_function('cobrowse_lease', lease)
