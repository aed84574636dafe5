/**
 * Scripts: what must happen at once. A field that they cannot use is an error `SHAPE field of key` before anything is written;
 * texts and numbers pass through as they are written. Billed is each `redis.call`, so that an ordinary commit has two.
 */

/**
 * `split` makes a list and a set of words. `field` reads a number. `bulk` stays under what `unpack` can take. `pending` reads the lines of
 * what is pending.
 */
const COMMON = `
local function split(text)
  local list, set = {}, {}
  for word in string.gmatch(text or '', '%S+') do list[#list + 1] = word; set[word] = true end
  return list, set
end
local function wrong(what) error('SHAPE ' .. what, 0) end
local function number(text, what)
  if not text then return nil end
  return tonumber(text) or wrong(what)
end
local function bulk(command, key, args, more)
  local changed = 0
  for at = 1, #args, 1000 do
    local part = {}
    for i = at, math.min(at + 999, #args) do part[#part + 1] = args[i] end
    local answer = redis.call(command, key, unpack(part))
    if type(answer) == 'number' then changed = changed + answer end
  end
  return changed
end
local function typed(key, kind)
  local found = redis.call('TYPE', key).ok
  if found ~= 'none' and found ~= kind then wrong('key ' .. key .. ' (a ' .. found .. ')') end
end
local function line(id, text)
  local seq, nextAt, created, state, attempts, queue, last =
    string.match(text or '', '^(%d+) (%S+) (%S+) (%a+) (%d+) ([^\\n]+)\\n(.*)$')
  if not seq or not tonumber(nextAt) or not tonumber(created) then wrong('the delivery ' .. id) end
  return { seq = seq, nextAt = nextAt, created = created, state = state, attempts = attempts, queue = queue, last = last }
end
local function written(d)
  return table.concat({ d.seq, d.nextAt, d.created, d.state, d.attempts, d.queue }, ' ') .. '\\n' .. d.last
end
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
`;

/** KEYS: now. ARGV: fields. Their values, from where writes go: a replica may lag behind. */
export const FETCH_SCRIPT = `return redis.call('HMGET', KEYS[1], unpack(ARGV))`;

/** KEYS: now. ARGV: fence, fence + 1, and the lease without its time. Changes nothing if it is not the newest. */
export const RELEASE_SCRIPT = `
local got = redis.call('HMGET', KEYS[1], 'lease:' .. ARGV[1], 'lease:' .. ARGV[2])
if got[1] and not got[2] then redis.call('HSET', KEYS[1], 'lease:' .. ARGV[1], ARGV[3]) end
return 1
`;

/**
 * KEYS: now incidents opened resolved notices order pending deliveries stage. ARGV: fence, fence + 1, id of the commit, the
 * commit as JSON, or how many pieces of it stand in the stage. Answers { won, when the next notice is due }.
 */
export const COMMIT_SCRIPT = COMMON + `
local now, id, text = KEYS[1], ARGV[3], ARGV[4]
if text == '' then
  local pieces = {}
  for i = 1, tonumber(ARGV[5]) do pieces[i] = tostring(i) end
  pieces = redis.call('HMGET', KEYS[9], unpack(pieces))
  for i = 1, tonumber(ARGV[5]) do if not pieces[i] then wrong('the stage of commit ' .. id) end end
  text = table.concat(pieces)
end
local c = cjson.decode(text)
local names = { 'lease:' .. ARGV[1], 'lease:' .. ARGV[2], 'fence', 'done', 'due', 'shards', 'newest', 'hours' }
for _, hour in ipairs(c.hours) do names[#names + 1] = 'index:' .. hour[1] end
local got = redis.call('HMGET', now, unpack(names))
local due, done = got[5] or '', split(got[4])
for _, known in ipairs(done) do if known == id then return { 1, due } end end
local fence = number(got[3], 'field fence of ' .. now) or 0
if not got[1] or got[2] or fence > tonumber(ARGV[1]) then return { 0, due } end

local shards, listed, dropped, fields = {}, {}, {}, c.fields
for _, shard in ipairs(split(got[6])) do
  if c.drop ~= '' and (number(shard, 'field shards of ' .. now) >= tonumber(c.drop)) then
    dropped[#dropped + 1] = 'shard:' .. shard
  else
    shards[#shards + 1] = shard; listed[shard] = true
  end
end
for _, shard in ipairs(c.shards) do
  if not listed[shard] then shards[#shards + 1] = shard; listed[shard] = true end
end
local hours, kept = split(got[8])
for i, hour in ipairs(c.hours) do
  local index, known = split(got[8 + i])
  for j = 2, #hour do
    if not known[hour[j]] then index[#index + 1] = hour[j]; known[hour[j]] = true end
  end
  fields[#fields + 1] = 'index:' .. hour[1]; fields[#fields + 1] = table.concat(index, ' ')
  if not kept[hour[1]] then hours[#hours + 1] = hour[1]; kept[hour[1]] = true end
end
local newest = number(got[7], 'field newest of ' .. now)
if c.newest ~= '' and (not newest or tonumber(c.newest) > newest) then
  fields[#fields + 1] = 'newest'; fields[#fields + 1] = c.newest
end

local fresh, seq = {}, 0
if #c.incidents > 0 then
  typed(KEYS[2], 'hash'); typed(KEYS[3], 'zset'); typed(KEYS[4], 'zset')
end
if #c.notices > 0 then
  typed(KEYS[5], 'hash'); typed(KEYS[7], 'set'); typed(KEYS[8], 'hash')
  local last = redis.call('ZRANGE', KEYS[6], -1, -1, 'WITHSCORES')
  seq = tonumber(last[2] or '0')
  local seen = {}
  for at = 1, #c.notices, 1000 do
    local ids = {}
    for i = at, math.min(at + 999, #c.notices) do ids[#ids + 1] = c.notices[i][1] end
    local known = redis.call('HMGET', KEYS[8], unpack(ids))
    for i, one in ipairs(ids) do
      if not known[i] and not seen[one] then seen[one] = true; fresh[#fresh + 1] = c.notices[at + i - 1] end
    end
  end
end

if #c.incidents > 0 then
  local texts, opened, resolved, open = {}, {}, {}, {}
  for _, incident in ipairs(c.incidents) do
    local one, openedAt, resolvedAt = incident[1], incident[2], incident[3]
    texts[#texts + 1] = one; texts[#texts + 1] = incident[4]
    opened[#opened + 1] = openedAt; opened[#opened + 1] = one
    redis.call('ZREM', KEYS[4], one)
    if resolvedAt ~= '' then redis.call('ZADD', KEYS[4], resolvedAt, one) end
  end
  bulk('HSET', KEYS[2], texts); bulk('ZADD', KEYS[3], opened)
end
if #fresh > 0 then
  local bodies, order, ids, lines = {}, {}, {}, {}
  for _, notice in ipairs(fresh) do
    seq = seq + 1
    local one, place = notice[1], string.format('%d', seq)
    bodies[#bodies + 1] = one; bodies[#bodies + 1] = notice[4]
    order[#order + 1] = place; order[#order + 1] = one
    ids[#ids + 1] = one
    lines[#lines + 1] = one
    lines[#lines + 1] = written({
      seq = place, nextAt = '0', created = notice[2], state = 'pending', attempts = '0', queue = notice[3], last = '{}'
    })
  end
  bulk('HSET', KEYS[5], bodies); bulk('ZADD', KEYS[6], order); bulk('SADD', KEYS[7], ids); bulk('HSET', KEYS[8], lines)
  due = '0'
end
if #dropped > 0 then bulk('HDEL', now, dropped) end
table.insert(done, 1, id)
done[33] = nil
local said = {
  fence = ARGV[1], done = table.concat(done, ' '), due = due,
  shards = table.concat(shards, ' '), hours = table.concat(hours, ' ')
}
for name, value in pairs(said) do fields[#fields + 1] = name; fields[#fields + 1] = value end
redis.call('HSET', now, unpack(fields))
return { 1, due }
`;

/** KEYS: now. ARGV: ids of commits that were given up: such a one finds itself done, and changes nothing when it comes late. */
export const ABORT_SCRIPT = COMMON + `
local done = redis.call('HGET', KEYS[1], 'done') or ''
local _, known = split(done)
for _, id in ipairs(ARGV) do if not known[id] then done = id .. ' ' .. done end end
redis.call('HSET', KEYS[1], 'done', done)
return 1
`;

/** KEYS: stage. ARGV: number of the piece, the piece, seconds that it is kept: at once, so that none is left behind for good. */
export const STAGE_SCRIPT = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
`;

/**
 * KEYS: now pending deliveries notices. ARGV: now in ms, until when what is given is hidden, how many at most, what its queue
 * begins with. Answers when the next one is due, then `id line body` of each that is given.
 */
export const CLAIM_SCRIPT = COMMON + `
local heads, queues = {}, {}
for _, d in ipairs(pending(KEYS[2], KEYS[3])) do
  d.place = tonumber(d.seq)
  local head = heads[d.queue]
  if not head then queues[#queues + 1] = d.queue end
  if not head or d.place < head.place then heads[d.queue] = d end
end
local order = {}
for i, queue in ipairs(queues) do order[i] = heads[queue] end
table.sort(order, function(a, b) return a.place < b.place end)
local given, lines, due = {}, {}, ''
for _, d in ipairs(order) do
  local wanted = string.sub(d.queue, 1, #ARGV[4]) == ARGV[4]
  if wanted and #given < tonumber(ARGV[3]) and tonumber(d.nextAt) <= tonumber(ARGV[1]) then
    d.nextAt = ARGV[2]
    given[#given + 1] = d.id
    lines[#lines + 1] = d.id; lines[#lines + 1] = written(d)
  end
  if due == '' or tonumber(d.nextAt) < tonumber(due) then due = d.nextAt end
end
local answer = { due }
if #given > 0 then
  local bodies = redis.call('HMGET', KEYS[4], unpack(given))
  for i, id in ipairs(given) do
    if not bodies[i] then wrong('the notice ' .. id) end
    answer[#answer + 1] = id; answer[#answer + 1] = lines[2 * i]; answer[#answer + 1] = bodies[i]
  end
  redis.call('HSET', KEYS[3], unpack(lines))
end
redis.call('HSET', KEYS[1], 'due', due)
return answer
`;

/**
 * KEYS: now pending deliveries. ARGV: id, state, nextAt, attempts, the rest as JSON, and if others of its webhook are woken: those that are
 * due after this. Changes nothing on one that is not pending.
 */
export const ATTEMPT_SCRIPT = COMMON + `
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text then return 0 end
local d = line(ARGV[1], text)
if d.state ~= 'pending' then return 0 end
typed(KEYS[2], 'set'); typed(KEYS[1], 'hash')
d.state, d.nextAt, d.attempts, d.last = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lines = { ARGV[1], written(d) }
if ARGV[6] ~= '' then
  local webhook = cjson.decode(d.queue)[1]
  for _, other in ipairs(pending(KEYS[2], KEYS[3])) do
    if other.id ~= ARGV[1] and tonumber(other.nextAt) > tonumber(ARGV[6]) and cjson.decode(other.queue)[1] == webhook then
      other.nextAt = ARGV[3]
      lines[#lines + 1] = other.id; lines[#lines + 1] = written(other)
    end
  end
end
bulk('HSET', KEYS[3], lines)
if d.state ~= 'pending' then redis.call('SREM', KEYS[2], ARGV[1]) end
redis.call('HSET', KEYS[1], 'due', '0')
return 1
`;

/** KEYS: now pending deliveries disabled. ARGV: id, nextAt. Answers 1 if it was dead or pending. */
export const RESEND_SCRIPT = COMMON + `
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text then return 0 end
local d = line(ARGV[1], text)
if d.state == 'delivered' then return 0 end
typed(KEYS[2], 'set'); typed(KEYS[1], 'hash'); typed(KEYS[4], 'hash')
d.state, d.nextAt, d.attempts = 'pending', ARGV[2], '0'
redis.call('HSET', KEYS[3], ARGV[1], written(d))
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[4], cjson.decode(d.queue)[1])
redis.call('HSET', KEYS[1], 'due', '0')
return 1
`;

/** KEYS: memos of the kind. ARGV: key, order, line. Answers 0 if what is kept has the same or a higher order. */
export const PUT_SCRIPT = COMMON + `
local kept = redis.call('HGET', KEYS[1], ARGV[1])
local order = kept and number(string.match(kept, '^(%S+) ') or '?', 'the memo ' .. ARGV[1])
if order and order >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
`;

/** A field that is forgotten could be taken again by who has been asleep for so many leases (a day); a commit would be refused. */
const KEPT_LEASES = 1_440;

/**
 * KEYS: now incidents opened resolved notices order pending deliveries rollups, memos of each kind. ARGV: rawBefore,
 * hoursBefore, daysBefore, incidentsBefore, nowMs. Answers how many rows went.
 */
export const PRUNE_SCRIPT = COMMON + `
local now, gone = KEYS[1], 0
for i, kind in ipairs({ 'hash', 'hash', 'zset', 'zset', 'hash', 'zset', 'set', 'hash', 'hash' }) do typed(KEYS[i], kind) end
local raw = tonumber(ARGV[1])
local old, leases, fence, kept = {}, {}, 0, {}
for _, name in ipairs(redis.call('HKEYS', now)) do
  local slot = string.match(name, '^sample:(%-?%d+)/')
  if slot and tonumber(slot) < raw then old[#old + 1] = name; gone = gone + 1 end
  local lease = string.match(name, '^lease:(%d+)$')
  if lease then leases[#leases + 1] = lease; fence = math.max(fence, tonumber(lease)) end
end
for _, lease in ipairs(leases) do
  if tonumber(lease) <= fence - ${KEPT_LEASES} then old[#old + 1] = 'lease:' .. lease end
end
local got = redis.call('HMGET', now, 'hours', 'newest')
local fields = { 'fence', string.format('%d', fence) }
for _, hour in ipairs(split(got[1])) do
  local start = number(hour, 'field hours of ' .. now) * 3600000
  if start + 3600000 <= raw then
    old[#old + 1] = 'index:' .. hour
  else
    kept[#kept + 1] = hour
    if start < raw then
      local index = {}
      for _, place in ipairs(split(redis.call('HGET', now, 'index:' .. hour) or '')) do
        if number(string.match(place, '^(%-?%d+)/'), 'field index:' .. hour) >= raw then index[#index + 1] = place end
      end
      fields[#fields + 1] = 'index:' .. hour; fields[#fields + 1] = table.concat(index, ' ')
    end
  end
end
local newest = number(got[2], 'field newest of ' .. now)
if newest and newest < raw then old[#old + 1] = 'newest' end
fields[#fields + 1] = 'hours'; fields[#fields + 1] = table.concat(kept, ' ')

local rolls = {}
for _, name in ipairs(redis.call('HKEYS', KEYS[9])) do
  local unit, start = string.match(name, '^(%a+)/(%-?%d+)/')
  local before = unit == 'hour' and ARGV[2] or ARGV[3]
  if number(start, 'rollup ' .. name) < tonumber(before) then rolls[#rolls + 1] = name end
end
local done = {}
local all = redis.call('HGETALL', KEYS[8])
for i = 1, #all, 2 do
  local d = line(all[i], all[i + 1])
  if d.state ~= 'pending' and tonumber(d.created) < tonumber(ARGV[4]) then done[#done + 1] = all[i] end
end
local closed = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. ARGV[4])
local memos = {}
for kind = 10, #KEYS do
  memos[kind] = {}
  local told = redis.call('HGETALL', KEYS[kind])
  for i = 1, #told, 2 do
    local expires = number(string.match(told[i + 1], '^%S+ (%S+)\\n') or '?', 'the memo ' .. told[i])
    if expires < tonumber(ARGV[5]) then memos[kind][#memos[kind] + 1] = told[i] end
  end
end

if fence > 0 then redis.call('HSET', now, unpack(fields)) end
bulk('HDEL', now, old)
gone = gone + bulk('HDEL', KEYS[9], rolls)
gone = gone + bulk('HDEL', KEYS[8], done)
bulk('HDEL', KEYS[5], done); bulk('ZREM', KEYS[6], done)
gone = gone + bulk('HDEL', KEYS[2], closed)
bulk('ZREM', KEYS[3], closed); bulk('ZREM', KEYS[4], closed)
for kind = 10, #KEYS do gone = gone + bulk('HDEL', KEYS[kind], memos[kind]) end
return gone
`;
