needs=haproxy install="apt-get install haproxy python3"
states="backend:drift:its backend is dead
backend@honest:not_ready:the same, beside an honest claim"
claim() { if [ "$1" = honest ]; then ask "http://127.0.0.1:$P2/healthz"; else ask "http://127.0.0.1:$P1/healthz"; fi; }
version() { haproxy -v | sed -n 1p; }
env_more() { echo "HONEST=127.0.0.1:$P2"; }
start() {
  cat >"$DIR/haproxy.cfg" <<CFG
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend constant
  bind 127.0.0.1:$P1
  monitor-uri /healthz
  default_backend app
frontend honest
  bind 127.0.0.1:$P2
  monitor-uri /healthz
  monitor fail if { nbsrv(app) lt 1 }
  default_backend app
backend app
  server one 127.0.0.1:$P3 check inter 500ms
CFG
  origin
  serve haproxy -db -f "$DIR/haproxy.cfg"
}
mend_backend() { origin; }
break_backend() { stop origin; }
