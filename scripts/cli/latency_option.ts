import { Option } from "commander";
import { durationFrom } from "./duration_option.ts";

/** Assumed latency of a request on Cloudflare, where nothing is measured before a deployment. */
export const EDGE_LATENCY_MS = 300;

/** `--latency 300ms`, in ms. */
export const latencyOption = () =>
  new Option(
    "--latency <duration>",
    "the assumed latency of every request; by default as measured, else 200ms, on Cloudflare 300ms",
  ).argParser(
    durationFrom("1ms", "300ms"),
  );
