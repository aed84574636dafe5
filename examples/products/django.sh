needs=django-admin install="apt-get install python3-django python3-django-health-check"
states="migration:drift:a column that its code needs is not in the database"
claim() { ask "http://127.0.0.1:$P1/ht/?format=json"; }
version() { echo "Django $(django-admin --version)"; }
start() {
  mkdir -p "$DIR/site"
  # A whole project in one file: the health checks of the database and its migrations, and a view that writes and reads an order.
  cat >"$DIR/site/manage.py" <<PY
import os, sys
from django.conf import settings
settings.configure(DEBUG=False, SECRET_KEY="canary", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True, TEMPLATES=[],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "$DIR/db.sqlite3"}},
    INSTALLED_APPS=["health_check", "health_check.db", "health_check.contrib.migrations"], DEFAULT_AUTO_FIELD="django.db.models.AutoField")
import django
django.setup()
from django.db import connection
from django.http import JsonResponse
from django.urls import include, path

def orders(request):
    with connection.cursor() as cursor:
        cursor.execute("insert into orders (sku, price) values ('canary', 42)")
        cursor.execute("select sku, price from orders order by id desc limit 1")
        sku, price = cursor.fetchone()
    return JsonResponse({"sku": sku, "price": price}, status=201)

urlpatterns = [path("ht/", include("health_check.urls")), path("orders", orders)]
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
PY
  /usr/bin/python3 "$DIR/site/manage.py" migrate
  sql "create table orders (id integer primary key, sku text, price integer)"
  serve /usr/bin/python3 "$DIR/site/manage.py" runserver --noreload "127.0.0.1:$P1"
}
sql() { /usr/bin/python3 -c "import sqlite3, sys; sqlite3.connect('$DIR/db.sqlite3', timeout=10).executescript(sys.argv[1])" "$1"; }
break_migration() { sql "alter table orders rename column price to price_cents"; }
mend_migration() { sql "alter table orders rename column price_cents to price"; }
