needs=php-fpm8.2 install="apt-get install php8.2-fpm nginx"
states="stuck:drift:both of its workers are stuck"
claim() { ask "http://127.0.0.1:$P1/fpm-status?json"; }
version() { php-fpm8.2 --version | sed -n 1p; }
start() {
  mkdir -p "$DIR/www" && echo '<?php echo 42;' >"$DIR/www/canary.php" && echo '<?php sleep(600);' >"$DIR/www/stuck.php"
  fpm
  cat >"$DIR/nginx.conf" <<CONF
daemon off; pid $DIR/nginx.pid; error_log $DIR/error.log;
events {}
http {
  access_log off;
  client_body_temp_path $DIR/body; proxy_temp_path $DIR/proxy; fastcgi_temp_path $DIR/fastcgi; uwsgi_temp_path $DIR/uwsgi; scgi_temp_path $DIR/scgi;
  fastcgi_param REQUEST_METHOD \$request_method; fastcgi_param QUERY_STRING \$query_string;
  fastcgi_param SCRIPT_NAME \$fastcgi_script_name; fastcgi_param SCRIPT_FILENAME $DIR/www\$fastcgi_script_name;
  server {
    listen 127.0.0.1:$P1;
    location = /fpm-status { fastcgi_pass 127.0.0.1:$P3; }
    location / { fastcgi_pass 127.0.0.1:$P2; }
  }
}
CONF
  serve nginx -e "$DIR/error.log" -c "$DIR/nginx.conf"
}
fpm() {
  cat >"$DIR/fpm.conf" <<CONF
[global]
error_log = $DIR/fpm.log
[www]
user = $(id -un)
group = $(id -gn)
listen = 127.0.0.1:$P2
pm = static
pm.max_children = 2
pm.status_path = /fpm-status
pm.status_listen = 127.0.0.1:$P3
CONF
  serve_as fpm php-fpm8.2 --nodaemonize --allow-to-run-as-root --fpm-config "$DIR/fpm.conf"
}
break_stuck() { for _ in 1 2; do serve_as stuck curl -s "http://127.0.0.1:$P1/stuck.php"; done; }
mend_stuck() { stop stuck; stop fpm; fpm; }
