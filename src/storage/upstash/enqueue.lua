-- KEYS: now notices order pending deliveries. ARGV: notices as JSON, as in a commit.

-- include: common.lua
local keys = { notices = KEYS[2], order = KEYS[3], pending = KEYS[4], deliveries = KEYS[5] }
local fresh, seq = unstored(keys, cjson.decode(ARGV[1]))
if #fresh == 0 then return 0 end
typed(KEYS[1], 'hash')
put(keys, fresh, seq, '')
redis.call('HSET', KEYS[1], 'due', '0')
return #fresh
