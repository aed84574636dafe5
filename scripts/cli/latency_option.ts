import { InvalidArgumentError, Option } from "commander";
import { DURATION, parseDuration } from "../../src/config/schema/duration.ts";

/** Assumed latency of a request on Cloudflare, where nothing is measured before a deployment. */
export const EDGE_LATENCY_MS = 300;

/** `--latency 300ms`, in ms. */
export const latencyOption = () =>
  new Option(
    "--latency <duration>",
    "the assumed latency of every request; by default as measured, else 200ms, on Cloudflare 300ms",
  ).argParser(
    parseLatency,
  );

function parseLatency(text: string): number {
  const ms = DURATION.test(text) ? parseDuration(text) : 0;
  if (ms === 0) throw new InvalidArgumentError("Not a duration, such as 300ms.");
  return ms;
}
