needs=influxd install="apt-get install influxdb"
states="dropped:drift:its database is dropped"
claim() { ask "http://127.0.0.1:$P1/ping"; }
version() { influxd version; }
start() {
  cat >"$DIR/influx.conf" <<TOML
reporting-disabled = true
bind-address = "127.0.0.1:$P2"
[meta]
dir = "$DIR/meta"
[data]
dir = "$DIR/data"
wal-dir = "$DIR/wal"
[http]
bind-address = "127.0.0.1:$P1"
TOML
  serve influxd -config "$DIR/influx.conf"
  until query "create database canary"; do sleep 0.3; done
}
query() { curl -fsS "http://127.0.0.1:$P1/query" --data-urlencode "q=$1"; }
break_dropped() { query "drop database canary"; }
mend_dropped() { query "create database canary"; }
