-- KEYS: stage. ARGV: number of the piece, the piece, seconds that it is kept: at once, so that none is left
-- behind for good.

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
