-- KEYS: records of the kind. ARGV: key, order, line. Answers 0 if the stored record has the same or a higher order.

-- include: common.lua
local kept = redis.call('HGET', KEYS[1], ARGV[1])
local order = kept and number(string.match(kept, '^(%S+) ') or '?', 'the memo ' .. ARGV[1])
if order and order >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
