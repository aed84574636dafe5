needs=caddy install="apt-get install caddy python3"
states="backend:drift:its backend is dead"
claim() { ask "http://127.0.0.1:$P1/healthz"; }
version() { caddy version; }
start() {
  cat >"$DIR/Caddyfile" <<CONF
{
  admin off
  auto_https off
}
http://127.0.0.1:$P1 {
  respond /healthz 200
  reverse_proxy 127.0.0.1:$P3
}
CONF
  origin
  serve env HOME="$DIR" caddy run --adapter caddyfile --config "$DIR/Caddyfile"
}
mend_backend() { origin; }
break_backend() { stop origin; }
