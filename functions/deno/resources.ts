import process from "node:process";
import type { Config } from "../../src/config/config.ts";

/** The resources available to this process. */
export interface Resources {
  /** Open files and sockets; Infinity: unknown. */
  handles: number;
  /** Memory of this machine or container. */
  memoryBytes: number;
}

/** Handles for files, the store, and the API's clients. */
const OTHER_HANDLES = 64;
/** A round's connection, and one kept for the next round. */
const HANDLES_A_ROUND = 2;
/** The longest usual body, as bytes and as text. */
const BYTES_A_ROUND = 2 << 20;
/** The share of memory that is not for rounds. */
const OTHER_MEMORY = 0.5;

export function resources(): Resources {
  const constrained = process.constrainedMemory();
  const { total } = Deno.systemMemoryInfo();
  return { handles: openFileLimit(), memoryBytes: Math.min(total, constrained || Infinity) };
}

/** From Linux's proc_pid_limits(5); other systems have no limit here. */
function openFileLimit(): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) return Infinity;
    throw error;
  }
}

/** How many concurrent rounds these resources allow. */
export const roundsWithin = ({ handles, memoryBytes }: Resources): number =>
  Math.max(
    1,
    Math.floor(
      Math.min(
        (handles - OTHER_HANDLES) / HANDLES_A_ROUND,
        memoryBytes * (1 - OTHER_MEMORY) / BYTES_A_ROUND,
      ),
    ),
  );

/** Reduces `concurrency` to what these resources allow. */
export function withinResources(config: Config, found = resources()): Config {
  const rounds = roundsWithin(found);
  return rounds >= config.concurrency ? config : { ...config, concurrency: rounds };
}
