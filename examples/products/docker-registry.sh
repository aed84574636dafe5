needs=docker-registry install="apt-get install docker-registry"
states="root:drift:its root directory has become a file"
claim() { ask "http://127.0.0.1:$P2/debug/health"; }
version() { docker-registry --version; }
env_more() { echo "DEBUG=127.0.0.1:$P2"; }
start() {
  cat >"$DIR/config.yml" <<YAML
version: 0.1
storage: { filesystem: { rootdirectory: $DIR/data } }
http: { addr: "127.0.0.1:$P1", debug: { addr: "127.0.0.1:$P2" } }
health: { storagedriver: { enabled: true, interval: 1s, threshold: 2 } }
YAML
  mkdir -p "$DIR/data" && serve docker-registry serve "$DIR/config.yml"
}
break_root() { mv "$DIR/data" "$DIR/data.kept" && touch "$DIR/data"; }
mend_root() { rm "$DIR/data" && mv "$DIR/data.kept" "$DIR/data"; }
