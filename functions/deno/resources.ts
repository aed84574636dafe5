import process from "node:process";
import type { Config } from "../../src/config/config.ts";

/** What this process may take of its machine. */
export interface Resources {
  /** Open files and sockets; Infinity: the system does not say. */
  handles: number;
  /** Of this machine or container. */
  memoryBytes: number;
}

/** Files, the store, and the sockets of who asks the API. */
const OTHER_HANDLES = 64;
/** A round's connection, and one that is kept for the next. */
const HANDLES_A_ROUND = 2;
/** The longest body that is usual, as bytes and as text. */
const BYTES_A_ROUND = 2 << 20;
/** What is not for rounds. */
const OTHER_MEMORY = 0.5;

/** As this process finds them. */
export function resources(): Resources {
  const constrained = process.constrainedMemory();
  const { total } = Deno.systemMemoryInfo();
  return { handles: openFileLimit(), memoryBytes: Math.min(total, constrained || Infinity) };
}

/** Of Linux (proc_pid_limits(5)); on systems without it there is no bound of ours. */
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

/** How many rounds these bear at once. */
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

/** The config with no more rounds at once than this process bears. */
export function withinResources(config: Config, found = resources()): Config {
  const rounds = roundsWithin(found);
  return rounds >= config.concurrency ? config : { ...config, concurrency: rounds };
}
