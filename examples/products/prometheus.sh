needs=prometheus install="apt-get install prometheus"
states="job:drift:a reload has lost its scrape job"
claim() { ask "http://127.0.0.1:$P1/-/ready"; }
version() { prometheus --version | sed -n 1p; }
write() { printf 'global: { scrape_interval: 1s }\n%s\n' "$1" >"$DIR/prometheus.yml"; }
reload() { curl -fsS -X POST "http://127.0.0.1:$P1/-/reload"; }
start() {
  mend_job || true
  serve prometheus --config.file "$DIR/prometheus.yml" --storage.tsdb.path "$DIR/data" --web.listen-address "127.0.0.1:$P1" --web.enable-lifecycle
}
break_job() { write "" && reload; }
mend_job() { write "scrape_configs: [{ job_name: self, static_configs: [{ targets: ['127.0.0.1:$P1'] }] }]" && reload; }
