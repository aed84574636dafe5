/** The tables of kinds, for a Worker. */
import type { GrammarFields } from "../../src/config/kinds.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { SQLITE } from "../../src/storage/sqlite/kind.ts";

/** Upstash as a config names it; its store is bundled only where it is named. */
const UPSTASH = {
  kind: "upstash",
  schema: ({ map }: GrammarFields) => map({}),
  variables: ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"],
};

/** One row a kind. */
export const KINDS = { dialects: DIALECTS, stores: [SQLITE, UPSTASH], sinks: SINKS, steps: STEP_KINDS };
