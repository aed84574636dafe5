needs=etcd install="apt-get install etcd-server etcd-client"
states="auth:drift:authentication is switched on
nospace:not_ready:the space alarm is raised"
claim() { ask "http://127.0.0.1:$P1/health"; }
version() { etcd --version | sed -n 1p; }
start() {
  serve etcd --data-dir "$DIR/data" --listen-client-urls "http://127.0.0.1:$P1" --advertise-client-urls "http://127.0.0.1:$P1" \
    --listen-peer-urls "http://127.0.0.1:$P2" --initial-advertise-peer-urls "http://127.0.0.1:$P2" --initial-cluster "default=http://127.0.0.1:$P2"
}
etcdctl() { ETCDCTL_API=3 command etcdctl --endpoints "127.0.0.1:$P1" "$@"; }
break_auth() { etcdctl user add root:secret; etcdctl user grant-role root root; etcdctl auth enable; }
mend_auth() { etcdctl --user root:secret auth disable; }
break_nospace() { curl -fsS "http://127.0.0.1:$P1/v3/maintenance/alarm" -d '{"action":"ACTIVATE","alarm":"NOSPACE"}'; }
mend_nospace() { etcdctl alarm disarm; }
