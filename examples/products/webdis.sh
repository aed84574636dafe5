needs=webdis install="apt-get install webdis redis-server"
states="memory:drift:its memory is full
replica:drift:it has become a read-only replica
stopped:not_ready:Redis is stopped"
claim() { ask "http://127.0.0.1:$P1/PING"; }
version() { redis-server --version; }
start() {
  redis && until redis-cli -p "$P2" ping; do sleep 0.1; done
  cat >"$DIR/webdis.json" <<JSON
{ "redis_host": "127.0.0.1", "redis_port": $P2, "http_host": "127.0.0.1", "http_port": $P1, "threads": 1, "pool_size": 2, "daemonize": false,
  "websockets": false, "database": 0, "verbosity": 3, "logfile": "$DIR/webdis.log", "acl": [] }
JSON
  serve webdis "$DIR/webdis.json"
}
redis() { serve redis-server --port "$P2" --bind 127.0.0.1 --save "" --dir "$DIR"; }
break_memory() { redis-cli -p "$P2" config set maxmemory 100kb; }
mend_memory() { redis-cli -p "$P2" config set maxmemory 0; }
break_replica() { redis-cli -p "$P2" replicaof 127.0.0.1 1; }
mend_replica() { redis-cli -p "$P2" replicaof no one; }
break_stopped() { redis-cli -p "$P2" shutdown nosave || true; }
mend_stopped() { redis; }
