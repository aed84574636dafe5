/** The tables of kinds, for a process of our own: all that there are. */
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { memoryKind } from "../../src/storage/memory.ts";
import { upstashKind } from "../../src/storage/upstash/kind.ts";
import { fileKind } from "./sqlite.ts";

/** One row a kind. */
export const KINDS = {
  dialects: DIALECTS,
  stores: [fileKind, memoryKind, upstashKind],
  sinks: SINKS,
  steps: STEP_KINDS,
};
