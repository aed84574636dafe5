needs=prometheus-alertmanager install="apt-get install prometheus-alertmanager python3"
states="receiver:drift:its receiver is dead"
claim() { ask "http://127.0.0.1:$P1/-/ready"; }
version() { prometheus-alertmanager --version | sed -n 1p; }
env_more() { echo "RECEIVER=127.0.0.1:$P2"; }
start() {
  cat >"$DIR/alertmanager.yml" <<YAML
route: { receiver: canary, group_by: [run], group_wait: 0s }
receivers: [{ name: canary, webhook_configs: [{ url: "http://127.0.0.1:$P2/", send_resolved: false }] }]
YAML
  mend_receiver
  serve prometheus-alertmanager --config.file "$DIR/alertmanager.yml" --storage.path "$DIR/data" \
    --web.listen-address "127.0.0.1:$P1" --cluster.listen-address ""
}
# A receiver that shows what it got last.
mend_receiver() {
  serve_as receiver python3 -c '
import http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    got = []
    def answer(self, body):
        self.send_response(200); self.send_header("content-length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        Receiver.got = Receiver.got[-20:] + [self.rfile.read(int(self.headers["content-length"]))]; self.answer(b"")
    def do_GET(self): self.answer(b"\n".join(Receiver.got))
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()' "$P2"
}
break_receiver() { stop receiver; }
