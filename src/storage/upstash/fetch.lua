-- KEYS: now. ARGV: fields. Reads their values. As a script it runs on the primary: a replica may lag behind.

return redis.call('HMGET', KEYS[1], unpack(ARGV))
