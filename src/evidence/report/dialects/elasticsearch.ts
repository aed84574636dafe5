import { bodyClaim, errorClaims } from "../claims.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportState } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Elasticsearch and OpenSearch, `/_cluster/health` and `/_health_report`: green is ready, yellow degraded
 * (replicas are missing), red not_ready (a primary shard is missing). All come with 200, so the code makes no
 * claim; 408 and 503 refuse. The report's indicators are parts that are not required. From the cluster health
 * API of both references.
 */
export const elasticsearch: Dialect = {
  name: "elasticsearch",
  recognise: ({ json }) =>
    isRecord(json) && firstText(json.cluster_name) !== undefined && isColour(json.status),
  read({ status, json }) {
    if (!isRecord(json) || !isColour(json.status)) return null;
    const indicators = isRecord(json.indicators) ? Object.entries(json.indicators) : [];
    return {
      claims: [bodyClaim(stateOf(json.status), json.status), ...errorClaims(status)],
      subsystems: indicators.map(([name, part]) => ({
        name,
        state: stateOf(isRecord(part) ? part.status : undefined),
        layer: layerOf(name),
        required: false,
        message: isRecord(part) ? firstText(part.symptom) : undefined,
      })),
    };
  },
};

function isColour(status: unknown): status is string {
  return status === "green" || status === "yellow" || status === "red";
}

function stateOf(colour: unknown): ReportState {
  return stateOfWord(firstText(colour) ?? "") ?? "unknown";
}
