-- KEYS: now. ARGV: ids of abandoned commits. Marks them as done, so that one that arrives late changes nothing.

-- include: common.lua
local done = redis.call('HGET', KEYS[1], 'done') or ''
local _, known = split(done)
for _, id in ipairs(ARGV) do if not known[id] then done = id .. ' ' .. done end end
redis.call('HSET', KEYS[1], 'done', done)
return 1
