-- KEYS: now incidents opened resolved notices order pending deliveries rollups, records of each kind. ARGV:
-- rawBefore, hoursBefore, daysBefore, incidentsBefore, nowMs. Answers how many rows it deleted.

-- include: common.lua
-- A process that slept for this many leases (a day) could take a pruned lease again; its commit would be refused.
local KEPT_LEASES = 1440
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
  if tonumber(lease) <= fence - KEPT_LEASES then old[#old + 1] = 'lease:' .. lease end
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
local expired = {}
for kind = 10, #KEYS do
  expired[kind] = {}
  local records = redis.call('HGETALL', KEYS[kind])
  for i = 1, #records, 2 do
    local expires = number(string.match(records[i + 1], '^%S+ (%S+)\n') or '?', 'the memo ' .. records[i])
    if expires < tonumber(ARGV[5]) then expired[kind][#expired[kind] + 1] = records[i] end
  end
end

if fence > 0 then redis.call('HSET', now, unpack(fields)) end
bulk('HDEL', now, old)
gone = gone + bulk('HDEL', KEYS[9], rolls)
gone = gone + bulk('HDEL', KEYS[8], done)
bulk('HDEL', KEYS[5], done); bulk('ZREM', KEYS[6], done)
gone = gone + bulk('HDEL', KEYS[2], closed)
bulk('ZREM', KEYS[3], closed); bulk('ZREM', KEYS[4], closed)
for kind = 10, #KEYS do gone = gone + bulk('HDEL', KEYS[kind], expired[kind]) end
return gone
