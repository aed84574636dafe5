-- KEYS: now pending deliveries. ARGV: state, nextAt, attempts, the other fields as JSON, `wakes` or '', ids.
-- Only pending notices change. With `wakes`, the webhook's other notices due later than that are due at nextAt.

-- include: common.lua
local named, ids, settled, lines, webhook = {}, {}, {}, {}, nil
for i = 6, #ARGV do ids[#ids + 1] = ARGV[i] end
local texts = redis.call('HMGET', KEYS[3], unpack(ids))
for i, id in ipairs(ids) do
  local d = texts[i] and line(id, texts[i])
  if d and d.state == 'pending' then
    webhook = webhook or cjson.decode(d.queue)[1]
    d.state, d.nextAt, d.attempts, d.last = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
    lines[#lines + 1] = id; lines[#lines + 1] = format(d)
    settled[#settled + 1] = id
  end
  named[id] = true
end
if #lines == 0 then return 0 end
typed(KEYS[2], 'set'); typed(KEYS[1], 'hash')
if ARGV[5] ~= '' then
  for _, other in ipairs(pending(KEYS[2], KEYS[3])) do
    local isLate = tonumber(other.nextAt) > tonumber(ARGV[5]) and tonumber(other.created) <= tonumber(ARGV[2])
    if isLate and not named[other.id] and cjson.decode(other.queue)[1] == webhook then
      other.nextAt = ARGV[2]
      lines[#lines + 1] = other.id; lines[#lines + 1] = format(other)
    end
  end
end
bulk('HSET', KEYS[3], lines)
if ARGV[1] ~= 'pending' then bulk('SREM', KEYS[2], settled) end
redis.call('HSET', KEYS[1], 'due', '0')
return 1
