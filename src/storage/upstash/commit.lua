-- KEYS: now incidents opened resolved notices order pending deliveries stage. ARGV: fence, fence + 1, id of
-- the commit, the commit as JSON or '', the number of staged pieces. Answers { 1 if committed or 0, when the
-- next notice is due }.

-- include: common.lua
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

if #c.incidents > 0 then
  typed(KEYS[2], 'hash'); typed(KEYS[3], 'zset'); typed(KEYS[4], 'zset')
end
local keys = { notices = KEYS[5], order = KEYS[6], pending = KEYS[7], deliveries = KEYS[8] }
local fresh, seq = unstored(keys, c.notices)

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
due = put(keys, fresh, seq, due)
if #dropped > 0 then bulk('HDEL', now, dropped) end
table.insert(done, 1, id)
done[33] = nil
local indexes = {
  fence = ARGV[1], done = table.concat(done, ' '), due = due,
  shards = table.concat(shards, ' '), hours = table.concat(hours, ' ')
}
for name, value in pairs(indexes) do fields[#fields + 1] = name; fields[#fields + 1] = value end
redis.call('HSET', now, unpack(fields))
return { 1, due }
