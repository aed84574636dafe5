/** The tables of kinds, for a process of our own: all that there are. */
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { memoryKind } from "../../src/storage/memory.ts";
import { upstashKind } from "../../src/storage/upstash/kind.ts";
import { fileKind } from "./sqlite.ts";

/** One row a kind. */
export const KINDS = {
  dialects: DIALECTS,
  stores: [fileKind, memoryKind, upstashKind],
  sinks: [],
  steps: [],
};
