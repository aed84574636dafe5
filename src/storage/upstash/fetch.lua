-- KEYS: now. ARGV: fields. Their values, from where writes go: a replica may lag behind.

return redis.call('HMGET', KEYS[1], unpack(ARGV))
