import type { ReportState } from "./report.ts";

/**
 * Words that mean the same in many products. `success` is left out on purpose, because it belongs to API
 * envelopes. Words of a single product are in its dialect.
 */
const WORDS: readonly [state: ReportState, words: string][] = [
  ["ready", "up ok pass passing passed healthy ready serving running live alive operational available"],
  ["ready", "accepting_traffic working good green true"],
  [
    "starting",
    "starting initializing pre_initializing initialized initial pending waiting activating warming",
  ],
  ["degraded", "degraded warn warning minor degraded_performance partially_available yellow reloading"],
  ["draining", "shutting_down stopping terminating draining drain deactivating lame_duck"],
  ["draining", "maintenance maint under_maintenance"],
  [
    "not_ready",
    "down fail failed failing error critical unhealthy not_ready not_serving unavailable out_of_service",
  ],
  ["not_ready", "major partial_outage major_outage downtime red false broken refusing_traffic"],
  ["unknown", "unknown service_unknown not_monitored unused"],
];

const STATES = new Map(
  WORDS.flatMap(([state, words]) => words.split(" ").map((word) => [word, state] as const)),
);

/** The state that a word means. Ignores case and surrounding space, and treats `-`, space and `_` alike. */
export function stateOfWord(word: string): ReportState | undefined {
  return STATES.get(word.trim().toLowerCase().replace(/[- ]/g, "_"));
}
