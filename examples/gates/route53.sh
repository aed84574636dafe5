#!/bin/sh
# Route 53: a health check of the gate, for failover records. HTTPS_STR_MATCH reads the first 5,120 bytes, and gateOk is the first key.
# Healthy is only a pass: use it for records that have a healthy alternative. The token needs the scope read for this target only.
set -eu
aws route53 create-health-check --caller-reference "assay-shop-1" --health-check-config '{
  "Type": "HTTPS_STR_MATCH",
  "FullyQualifiedDomainName": "assay.example",
  "Port": 443,
  "ResourcePath": "/v1/gates/shop/k/TOKEN?since=3m",
  "SearchString": "\"gateOk\":true",
  "RequestInterval": 30,
  "FailureThreshold": 3
}'
