# What the scripts beside this one share. A product's script says:
#   needs, install    a program of it, and how to get it
#   states            a line each: NAME[@CHECK]:VERDICT:what is broken
#   claim CHECK       what its own endpoint says: `ask URL`
#   version, start    print its version; start it in $DIR, listening on $P1 (the other ports: $P2 to $P4)
#   break_NAME, mend_NAME
# By hand: export DIR=$(mktemp -d) P1=8101 P2=8102 P3=8103 P4=8104; . lab.sh; . etcd.sh; start; break_auth; mend_auth; stop_all
set -euo pipefail

# serve_as NAME COMMAND...: a process in the background with a log; `serve` is the product itself.
serve_as() {
  local name=$1; shift
  setsid "$@" >>"$DIR/$name.log" 2>&1 &
  echo $! >>"$DIR/$name.pids"
}
serve() { serve_as product "$@"; }

# stop NAME: ends it, and waits until it has ended.
stop() {
  [ -e "$DIR/$1.pids" ] || return 0
  local pid
  for pid in $(cat "$DIR/$1.pids"); do
    kill -- "-$pid" 2>/dev/null || true
    for _ in $(seq 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 -- "-$pid" 2>/dev/null || true
  done
  rm "$DIR/$1.pids"
}
stop_all() { local file; for file in "$DIR"/*.pids; do [ ! -e "$file" ] || stop "$(basename "$file" .pids)"; done; }

# ask URL [OPTION...]: what an endpoint answers, as "CODE BODY" in one line.
ask() { rm -f "$DIR/answer"; curl -s --max-time 3 -o "$DIR/answer" -w "%{http_code} " "$@" || true; [ ! -e "$DIR/answer" ] || tr -s "[:space:]" " " <"$DIR/answer"; }

# An origin server on $P3, for proxies.
origin() {
  mkdir -p "$DIR/www" && echo an order >"$DIR/www/orders"
  serve_as origin python3 -m http.server -b 127.0.0.1 -d "$DIR/www" "$P3"
}

# Variables that its configuration needs besides PRODUCT (the address of port $P1), a line NAME=value each.
env_more() { :; }
