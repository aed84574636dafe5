import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Better Stack `/index.json` (JSON:API), by `aggregate_state`: operational is ready, degraded degraded,
 * downtime not_ready, maintenance draining, any other unknown. It is the worst of all resources, so one down
 * of 28 makes it downtime. Resources are parts that are not required; `not_monitored` is unknown.
 */
export const betterStack: Dialect = {
  name: "better-stack",
  recognise: ({ json }) => aggregateOf(json) !== undefined,
  read({ status, json }) {
    const word = aggregateOf(json);
    if (word === undefined || !isRecord(json)) return null;
    const resources = records(json.included).filter(({ type }) => type === "status_page_resource");
    return {
      claims: [bodyClaim(stateOfWord(word) ?? "unknown", word), ...pageErrorClaims(status)],
      subsystems: limitParts(resources.flatMap(partOf)),
      question: "status_page",
    };
  },
};

function aggregateOf(json: unknown): string | undefined {
  if (!isRecord(json) || !isRecord(json.data) || json.data.type !== "status_page") return undefined;
  return isRecord(json.data.attributes) ? textOf(json.data.attributes.aggregate_state) : undefined;
}

function partOf({ attributes }: Record<string, unknown>): Subsystem[] {
  if (!isRecord(attributes)) return [];
  const name = scalar(attributes.public_name);
  const state = stateOfWord(scalar(attributes.status)) ?? "unknown";
  return [{ name, state, layer: layerOf(name), required: false }];
}
