-- KEYS: now. ARGV: fence, fence + 1, and the lease without its time. Changes nothing if it is not the newest.

local got = redis.call('HMGET', KEYS[1], 'lease:' .. ARGV[1], 'lease:' .. ARGV[2])
if got[1] and not got[2] then redis.call('HSET', KEYS[1], 'lease:' .. ARGV[1], ARGV[3]) end
return 1
