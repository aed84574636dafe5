/** What an exchange costs the process that makes it. */
import process from "node:process";
import v8 from "node:v8";
import vm from "node:vm";

const EVERY_MS = 10;

/** V8 leaves 64 MiB of new buffers uncollected. Beyond this, only what is still held counts. */
const COLLECT_BYTES = 32 * 1024 * 1024;

v8.setFlagsFromString("--expose-gc");
const collect: () => void = vm.runInNewContext("gc");

/** Readings between the start and the end of a meter. */
export interface Reading {
  /** The longest that the event loop was late, ms of wall time. */
  lateMs: number;
  /** The longest that the process itself kept its event loop busy, ms: no more of it than of processor time. */
  lagMs: number;
  /** The most that `external` (which holds array buffers) has grown, without garbage, bytes. */
  grownBytes: number;
}

/** Starts to measure; the returned function stops it. */
export function startMeter(): () => Reading {
  const reading: Reading = { lateMs: 0, lagMs: 0, grownBytes: 0 };
  const before = process.memoryUsage().external;
  const grown = () => process.memoryUsage().external - before;
  let [wall, used] = [performance.now(), usedMs()];
  const look = () => {
    const [wallNow, usedNow] = [performance.now(), usedMs()];
    const late = wallNow - wall - EVERY_MS;
    reading.lateMs = Math.max(reading.lateMs, late);
    reading.lagMs = Math.max(reading.lagMs, Math.min(late, usedNow - used));
    if (grown() > COLLECT_BYTES) collect();
    reading.grownBytes = Math.max(reading.grownBytes, grown());
    // Its own collection is not the exchange's.
    [wall, used] = [performance.now(), usedMs()];
  };
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    return reading;
  };
}

/** Processor time of this process, ms: what it does not use, others have taken. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
