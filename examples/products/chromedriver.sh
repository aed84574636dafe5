needs=chromedriver install="apt-get install chromium-driver chromium"
states="browser:drift:its browser is gone"
claim() { ask "http://127.0.0.1:$P1/status"; }
version() { chromedriver --version; }
env_more() { echo "CHROME=$DIR/chrome"; }
start() { mend_browser; serve chromedriver --port="$P1"; }
break_browser() { rm "$DIR/chrome"; }
mend_browser() { ln -s "$(command -v chromium)" "$DIR/chrome"; }
