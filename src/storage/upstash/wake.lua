-- KEYS: now pending deliveries. ARGV: prefix of the webhook's queues, nextAt, after, limit. Takes the `limit`
-- oldest pending notices of the webhook created until nextAt. Those due later than `after` become due at nextAt.
-- Answers how many.

-- include: common.lua
local own, lines = {}, {}
for _, d in ipairs(pending(KEYS[2], KEYS[3])) do
  local isMade = tonumber(d.created) <= tonumber(ARGV[2])
  if isMade and string.sub(d.queue, 1, #ARGV[1]) == ARGV[1] then own[#own + 1] = d end
end
table.sort(own, function(a, b) return tonumber(a.seq) < tonumber(b.seq) end)
for i = 1, math.min(#own, tonumber(ARGV[4])) do
  local d = own[i]
  if tonumber(d.nextAt) > tonumber(ARGV[3]) then
    d.nextAt = ARGV[2]
    lines[#lines + 1] = d.id; lines[#lines + 1] = format(d)
  end
end
if #lines > 0 then
  typed(KEYS[1], 'hash')
  bulk('HSET', KEYS[3], lines)
  redis.call('HSET', KEYS[1], 'due', '0')
end
return #lines / 2
