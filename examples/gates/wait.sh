#!/bin/sh
# Waits for a gate with curl alone: wait.sh <url of Assay> <target> [seconds] [query]. The token is read from $ASSAY_TOKEN.
# Exit 0 pass, 1 fail, 2 inconclusive or no answer until then, 3 usage.
set -u
url=${1:?usage: wait.sh <url> <target> [seconds] [query]} target=${2:?usage: wait.sh <url> <target> [seconds] [query]}
seconds=${3:-600} query=${4:-} every=${ASSAY_EVERY:-5}
until_at=$(($(date +%s) + seconds))
while :; do
  answer=$(printf 'header = "Authorization: Bearer %s"\n' "${ASSAY_TOKEN:-}" |
    curl --silent --max-time 10 --config - --write-out '\n%{http_code}' "$url/v1/gates/$target?$query")
  status=$(printf '%s' "$answer" | tail -n 1)
  printf '%s %s\n' "$status" "$(printf '%s' "$answer" | head -n 1)" >&2
  # Something else may stand there that says 200 to everything, and mode=body does so too.
  case "$status $answer" in
    '200 {"gateOk":true'*) exit 0 ;;
    409*) exit 1 ;;
    400* | 401* | 403* | 404*) exit 3 ;;
  esac
  [ "$(date +%s)" -ge "$until_at" ] && exit 2
  sleep "$every"
done
