-- KEYS: now. ARGV: fence, fence + 1, the lease with `until` 0. Changes nothing if the lease is not the newest.

local got = redis.call('HMGET', KEYS[1], 'lease:' .. ARGV[1], 'lease:' .. ARGV[2])
if got[1] and not got[2] then redis.call('HSET', KEYS[1], 'lease:' .. ARGV[1], ARGV[3]) end
return 1
