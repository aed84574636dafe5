needs=nginx install="apt-get install nginx python3"
states="backend:drift:its backend is dead"
claim() { ask "http://127.0.0.1:$P1/healthz"; }
version() { nginx -v 2>&1; }
start() {
  cat >"$DIR/nginx.conf" <<CONF
daemon off; pid $DIR/nginx.pid; error_log $DIR/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $DIR/body; proxy_temp_path $DIR/proxy; fastcgi_temp_path $DIR/fastcgi; uwsgi_temp_path $DIR/uwsgi; scgi_temp_path $DIR/scgi;
  server {
    listen 127.0.0.1:$P1;
    location = /healthz { return 200 "ok"; }
    location / { proxy_pass http://127.0.0.1:$P3; }
  }
}
CONF
  origin
  serve nginx -e "$DIR/error.log" -c "$DIR/nginx.conf"
}
mend_backend() { origin; }
break_backend() { stop origin; }
