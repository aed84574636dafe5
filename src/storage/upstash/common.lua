-- Functions that the scripts share; a line `-- include: common.lua` includes this file.
-- Scripts are atomic. A field of the wrong shape raises `SHAPE field of key` before anything is written. Texts and
-- numbers pass through unchanged. Each `redis.call` is billed, so an ordinary commit makes only two.

-- Words of a text, as a list and as a set.
local function split(text)
  local list, set = {}, {}
  for word in string.gmatch(text or '', '%S+') do list[#list + 1] = word; set[word] = true end
  return list, set
end
-- Fails the whole call; the client turns `SHAPE` into an error of its own.
local function wrong(what) error('SHAPE ' .. what, 0) end
-- Parses a number; nil if there is no text.
local function number(text, what)
  if not text then return nil end
  return tonumber(text) or wrong(what)
end
-- Runs a command over many arguments, in parts small enough for `unpack`. Answers how many fields changed.
local function bulk(command, key, args)
  local changed = 0
  for at = 1, #args, 1000 do
    local part = {}
    for i = at, math.min(at + 999, #args) do part[#part + 1] = args[i] end
    local answer = redis.call(command, key, unpack(part))
    if type(answer) == 'number' then changed = changed + answer end
  end
  return changed
end
-- Fails if a key exists with another type.
local function typed(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= kind then wrong('key ' .. key .. ' (a ' .. found .. ')') end
end
-- Reads the line of a delivery.
local function line(id, text)
  local seq, nextAt, created, state, attempts, queue, last =
    string.match(text or '', '^(%d+) (%S+) (%S+) (%a+) (%d+) ([^\n]+)\n(.*)$')
  if not seq or not tonumber(nextAt) or not tonumber(created) then wrong('the delivery ' .. id) end
  return { seq = seq, nextAt = nextAt, created = created, state = state, attempts = attempts, queue = queue, last = last }
end
-- Writes the line of a delivery.
local function format(d)
  return table.concat({ d.seq, d.nextAt, d.created, d.state, d.attempts, d.queue }, ' ') .. '\n' .. d.last
end
-- The notices (`id createdAt queue packed nextAt`) that are not stored yet, and the highest stored seq.
local function unstored(keys, notices)
  if #notices == 0 then return {}, 0 end
  typed(keys.notices, 'hash'); typed(keys.pending, 'set'); typed(keys.deliveries, 'hash')
  local last = redis.call('ZRANGE', keys.order, -1, -1, 'WITHSCORES')
  local fresh, seen = {}, {}
  for at = 1, #notices, 1000 do
    local ids = {}
    for i = at, math.min(at + 999, #notices) do ids[#ids + 1] = notices[i][1] end
    local known = redis.call('HMGET', keys.deliveries, unpack(ids))
    for i, one in ipairs(ids) do
      if not known[i] and not seen[one] then seen[one] = true; fresh[#fresh + 1] = notices[at + i - 1] end
    end
  end
  return fresh, tonumber(last[2] or '0')
end
-- Stores new notices after that seq. Answers the new due time; `due` is the old one.
local function put(keys, fresh, seq, due)
  if #fresh == 0 then return due end
  local bodies, order, ids, lines = {}, {}, {}, {}
  for _, notice in ipairs(fresh) do
    seq = seq + 1
    local one, place, nextAt = notice[1], string.format('%d', seq), notice[5]
    bodies[#bodies + 1] = one; bodies[#bodies + 1] = notice[4]
    order[#order + 1] = place; order[#order + 1] = one
    ids[#ids + 1] = one
    lines[#lines + 1] = one
    lines[#lines + 1] = format({
      seq = place, nextAt = nextAt, created = notice[2], state = 'pending', attempts = '0', queue = notice[3], last = '{}'
    })
    if due == '' or tonumber(nextAt) < tonumber(due) then due = nextAt end
  end
  bulk('HSET', keys.notices, bodies); bulk('ZADD', keys.order, order)
  bulk('SADD', keys.pending, ids); bulk('HSET', keys.deliveries, lines)
  return due
end
-- Reads all pending deliveries.
local function pending(key, deliveries)
  local ids, found = redis.call('SMEMBERS', key), {}
  for at = 1, #ids, 1000 do
    local part = {}
    for i = at, math.min(at + 999, #ids) do part[#part + 1] = ids[i] end
    local lines = redis.call('HMGET', deliveries, unpack(part))
    for i, id in ipairs(part) do
      local d = line(id, lines[i])
      d.id = id
      found[#found + 1] = d
    end
  end
  return found
end
