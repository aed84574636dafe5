-- KEYS: now pending deliveries notices. ARGV: now, end of the claim (epoch ms), limit, prefix of the queues.
-- Answers when the next notice is due, then `id line body` of each claimed notice.

-- include: common.lua
local heads, queues = {}, {}
for _, d in ipairs(pending(KEYS[2], KEYS[3])) do
  d.place = tonumber(d.seq)
  local head = heads[d.queue]
  if not head then queues[#queues + 1] = d.queue end
  if not head or d.place < head.place then heads[d.queue] = d end
end
local order = {}
for i, queue in ipairs(queues) do order[i] = heads[queue] end
table.sort(order, function(a, b)
  local fresh = a.attempts == '0'
  if fresh ~= (b.attempts == '0') then return fresh end
  return a.place < b.place
end)
local given, lines, due = {}, {}, ''
for _, d in ipairs(order) do
  local wanted = string.sub(d.queue, 1, #ARGV[4]) == ARGV[4]
  if wanted and #given < tonumber(ARGV[3]) and tonumber(d.nextAt) <= tonumber(ARGV[1]) then
    d.nextAt = ARGV[2]
    given[#given + 1] = d.id
    lines[#lines + 1] = d.id; lines[#lines + 1] = format(d)
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
