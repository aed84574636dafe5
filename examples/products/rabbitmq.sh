needs=rabbitmq-server install="apt-get install rabbitmq-server"
states="permissions:drift:the application has lost its permissions
memory:underclaim:a memory alarm blocks publishers over AMQP"
slow=60
node="canary$P2@localhost"
broker() {
  HOME=$DIR RABBITMQ_NODENAME=$node RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT=$P2 RABBITMQ_DIST_PORT=$P3 \
    RABBITMQ_MNESIA_BASE=$DIR/mnesia RABBITMQ_LOG_BASE=$DIR/log RABBITMQ_ENABLED_PLUGINS_FILE=$DIR/plugins RABBITMQ_CONFIG_FILE=$DIR/rabbitmq "$@"
}
ctl() { broker /usr/lib/rabbitmq/bin/rabbitmqctl -n "$node" "$@"; }
env_more() { echo RABBITMQ_PASSWORD=canary-password; echo "RABBITMQ_MONITOR=Basic $(printf guest:guest | base64)"; }
claim() { ask "http://127.0.0.1:$P1/api/health/checks/local-alarms" -u guest:guest; }
version() { dpkg-query -W -f '${Package} ${Version}' rabbitmq-server; }
start() {
  echo '[rabbitmq_management].' >"$DIR/plugins"
  printf 'management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %s\n' "$P1" >"$DIR/rabbitmq.conf"
  broker serve /usr/lib/rabbitmq/bin/rabbitmq-server
  until curl -fsS -u guest:guest "http://127.0.0.1:$P1/api/overview" >/dev/null; do sleep 0.5; done
  admin PUT users/canary '{"password":"canary-password","tags":"management"}'
  mend_permissions
}
admin() { curl -fsS -u guest:guest -X "$1" -H 'content-type: application/json' "http://127.0.0.1:$P1/api/$2" ${3:+-d "$3"}; }
break_permissions() { admin DELETE permissions/%2F/canary; }
mend_permissions() { admin PUT permissions/%2F/canary '{"configure":".*","write":".*","read":".*"}'; }
break_memory() { ctl set_vm_memory_high_watermark absolute 1; }
mend_memory() { ctl set_vm_memory_high_watermark 0.4; }
