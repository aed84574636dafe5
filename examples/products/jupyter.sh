needs=jupyter-server install="apt-get install jupyter-server python3-ipykernel"
states="python:drift:its kernel's python is gone"
claim() { ask "http://127.0.0.1:$P1/api/status" -H "authorization: token canary"; }
version() { jupyter-server --version; }
kernel() {
  mkdir -p "$DIR/share/kernels/canary" "$DIR/work"
  echo '{ "argv": ["'"$1"'", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "canary", "language": "python" }' \
    >"$DIR/share/kernels/canary/kernel.json"
}
start() {
  kernel /usr/bin/python3
  serve env HOME="$DIR" JUPYTER_DATA_DIR="$DIR/share" JUPYTER_RUNTIME_DIR="$DIR/run" jupyter-server --allow-root --no-browser --ip 127.0.0.1 \
    --port "$P1" --ServerApp.token=canary --ServerApp.disable_check_xsrf=True --ServerApp.root_dir="$DIR/work"
}
break_python() { kernel /usr/bin/python9; }
mend_python() { kernel /usr/bin/python3; }
