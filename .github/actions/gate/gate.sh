#!/bin/sh
# What action.yml runs: everything comes in by environment variables, nothing is pasted into a command.
set -u
call() {
  printf 'header = "Authorization: Bearer %s"\n' "$ASSAY_TOKEN" |
    curl --silent --show-error --max-time 10 --config - "$@"
}
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"; }

if [ -n "${RECORD:-}" ]; then
  run="${GITHUB_SERVER_URL:-https://github.com}/${GITHUB_REPOSITORY:-}/actions/runs/${GITHUB_RUN_ID:-}"
  json=$(printf '{"target":"%s","version":"%s","url":"%s"}' "$TARGET" "$RECORD" "$run")
  told=$(call --fail --request POST --header "Content-Type: application/json" --data "$json" \
    "$ASSAY_URL/v1/deployments") || { echo "::error::the deployment was not recorded"; exit 3; }
  # Another process of Assay may hear of it a second later: no older evidence is to pass until then.
  at=$(printf '%s' "$told" | sed -n 's/.*"at":"\([^"]*\)".*/\1/p')
  case "&${QUERY:-}" in *"&since="* | *"&anchor="*) ;; *) QUERY="since=$at&${QUERY:-}" ;; esac
fi

until_at=$(($(date +%s) + ${SECONDS_TO_WAIT:-600}))
while :; do
  answer=$(call --write-out '\n%{http_code}' "$ASSAY_URL/v1/gates/$TARGET?${QUERY:-}")
  status=$(printf '%s' "$answer" | tail -n 1)
  said=$(printf '%s' "$answer" | head -n 1)
  echo "$status $said"
  # Something else may stand there that says 200 to everything, and mode=body does so too.
  case "$status $said" in
    '200 {"gateOk":true'* | '200 pass') output decision pass; exit 0 ;;
    409*) output decision fail; echo "::error title=Assay gate $TARGET::$said"; exit 1 ;;
    400* | 401* | 403* | 404*) echo "::error title=Assay gate $TARGET::$status $said"; exit 3 ;;
  esac
  if [ "$(date +%s)" -ge "$until_at" ]; then
    output decision inconclusive
    echo "::error title=Assay gate $TARGET::undecided: $said"
    exit 2
  fi
  sleep "${ASSAY_EVERY:-5}"
done
