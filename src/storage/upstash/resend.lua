-- KEYS: now pending deliveries disabled. ARGV: id, nextAt. Answers 1 if the notice was dead or pending, else 0.

-- include: common.lua
local text = redis.call('HGET', KEYS[3], ARGV[1])
if not text then return 0 end
local d = line(ARGV[1], text)
if d.state == 'delivered' then return 0 end
typed(KEYS[2], 'set'); typed(KEYS[1], 'hash'); typed(KEYS[4], 'hash')
d.state, d.nextAt, d.attempts = 'pending', ARGV[2], '0'
redis.call('HSET', KEYS[3], ARGV[1], format(d))
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[4], cjson.decode(d.queue)[1])
redis.call('HSET', KEYS[1], 'due', '0')
return 1
