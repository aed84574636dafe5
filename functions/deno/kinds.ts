/** The tables of kinds, for a process of our own: all that there are. A Worker's are made of them (scripts/cli/worker_kinds.ts). */
import { memoryKind } from "../../src/storage/memory.ts";
import { upstashKind } from "../../src/storage/upstash/kind.ts";
import { COMMON_KINDS } from "../common_kinds.ts";
import type { KindTables } from "../kinds.ts";
import { fileKind } from "./sqlite.ts";
import { tlsFault } from "./tls_fault.ts";

/** One row a kind. */
export const KINDS = {
  ...COMMON_KINDS,
  stores: [fileKind, memoryKind, upstashKind],
  tlsFault,
} satisfies KindTables;
