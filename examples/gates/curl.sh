#!/bin/sh
# Any pipeline: one question, exit 0 only if the gate passes (curl --fail: 22 from 400 on).
set -eu
: "${ASSAY_TOKEN:?}"
curl --fail-with-body --silent --show-error --max-time 10 \
  --header "Authorization: Bearer $ASSAY_TOKEN" "${ASSAY_URL:-https://assay.example}/v1/gates/shop?minRuns=3"
