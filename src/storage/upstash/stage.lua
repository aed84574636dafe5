-- KEYS: stage. ARGV: number of the piece, the piece, its lifetime in seconds. One script, so that no piece is
-- left without an expiry.

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])
