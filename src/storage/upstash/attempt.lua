-- KEYS: now pending deliveries. ARGV: id, state, nextAt, attempts, the rest as JSON, and if others of its
-- webhook are woken: those that are due after this. Changes nothing on one that is not pending.

-- include: common.lua
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text then return 0 end
local d = line(ARGV[1], text)
if d.state ~= 'pending' then return 0 end
typed(KEYS[2], 'set'); typed(KEYS[1], 'hash')
d.state, d.nextAt, d.attempts, d.last = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local lines = { ARGV[1], format(d) }
if ARGV[6] ~= '' then
  local webhook = cjson.decode(d.queue)[1]
  for _, other in ipairs(pending(KEYS[2], KEYS[3])) do
    if other.id ~= ARGV[1] and tonumber(other.nextAt) > tonumber(ARGV[6]) and cjson.decode(other.queue)[1] == webhook then
      other.nextAt = ARGV[3]
      lines[#lines + 1] = other.id; lines[#lines + 1] = format(other)
    end
  end
end
bulk('HSET', KEYS[3], lines)
if d.state ~= 'pending' then redis.call('SREM', KEYS[2], ARGV[1]) end
redis.call('HSET', KEYS[1], 'due', '0')
return 1
