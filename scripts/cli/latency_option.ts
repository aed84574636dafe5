import { InvalidArgumentError, Option } from "commander";
import { DURATION, parseDuration } from "../../src/config/schema/duration.ts";

/** `--latency 300ms`, in ms: assumed of every request. */
export const latencyOption = () =>
  new Option("--latency <duration>", "assumed of every request; else as measured, else 200ms").argParser(
    parseLatency,
  );

function parseLatency(text: string): number {
  const ms = DURATION.test(text) ? parseDuration(text) : 0;
  if (ms === 0) throw new InvalidArgumentError("Not a duration, such as 300ms.");
  return ms;
}
