needs=victoria-metrics install="apt-get install victoria-metrics"
states="readonly:drift:too little of the disk is free and it is read-only"
claim() { ask "http://127.0.0.1:$P1/health"; }
version() { victoria-metrics --version; }
# A disk of its own would need root; so the line is drawn 1 GB below what is free now, and a file of 2 GB crosses it.
start() {
  mkdir -p "$DIR/data"
  local free=$(df --output=avail -B1 "$DIR" | tail -1)
  serve victoria-metrics -storageDataPath "$DIR/data" -httpListenAddr "127.0.0.1:$P1" -storage.minFreeDiskSpaceBytes $((free - 1000000000))
}
break_readonly() { fallocate -l 2GB "$DIR/ballast"; }
mend_readonly() { rm "$DIR/ballast"; }
