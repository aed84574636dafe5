/** All kinds, for our own process. scripts/cli/worker_kinds.ts derives a Worker's tables from them. */
import { memoryKind } from "../../src/storage/memory.ts";
import { upstashKind } from "../../src/storage/upstash/kind.ts";
import { COMMON_KINDS } from "../common_kinds.ts";
import type { KindTables } from "../kinds.ts";
import { fileKind } from "./sqlite.ts";
import { tlsFault } from "./tls_fault.ts";

export const KINDS = {
  ...COMMON_KINDS,
  stores: [fileKind, memoryKind, upstashKind],
  tlsFault,
} satisfies KindTables;
