/** When a check runs, and how its rounds become incidents: on a check, or as defaults of all checks. */
import * as z from "../../base/zod.ts";
import { duration, durationOrZero, map, optionalField, quorum } from "./fields.ts";

/** The fields by key. */
export const timingFields = {
  every: optionalField(duration("1s", "1d"), "Period of the check, aligned to the epoch.", "1m"),
  timeout: optionalField(
    duration("100ms", "45s"),
    "Deadline of a complete journey, including bodies and polls.",
    "10s",
  ),
  startupBudget: optionalField(
    duration("0s", "1d"),
    "How long a service may report starting without being judged.",
    "5m",
  ),
  drainWindow: optionalField(
    duration("0s", "1d"),
    "How long a service may report draining without being judged.",
    "150s",
  ),
  flapWindow: optionalField(
    duration("0s", "1d"),
    "An incident that opens again within this time keeps its id.",
    "10m",
  ),
  failureThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Consecutive failed slots that turn a vote bad.",
    2,
  ),
  successThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Consecutive passed slots that turn a vote good again.",
    2,
  ),
  turns: optionalField(
    z.int().check(z.gte(1), z.lte(3)),
    "Turns per period in which probers walk. Default 3; 1 with Upstash, on Deno Deploy, on Cloudflare's free plan and with cron. Always 1 below a period of 30s.",
  ),
  confirm: optionalField(
    durationOrZero("20s", "1h"),
    "How long after a first failure or recovery all probers walk again; 0: never. Not for periods below 30s.",
    "25s",
  ),
  retry: optionalField(
    z.int().check(z.gte(0), z.lte(1)),
    "Repeats a round, 1 s later, if the report or a step got no HTTP response.",
    1,
  ),
  releaseAfter: optionalField(
    duration("0s", "30d"),
    "How long a prober that fell silent while it saw failures holds an incident open.",
    "1h",
  ),
  certificateWarning: optionalField(
    durationOrZero("1h", "365d"),
    "Opens an incident for a certificate that expires within it, as seen by probers on Deno; 0: never.",
    "14d",
  ),
  severity: optionalField(
    z.enum(["critical", "warning", "info"]),
    "Upper limit for the severity of its incidents: under critical, a warning stays a warning.",
    "critical",
  ),
  quorum: optionalField(quorum(), "How the votes of the regions become one outcome."),
  maxAge: optionalField(duration("2s", "800d"), "Older evidence does not count. Default 2.5 periods."),
  evidence: optionalField(
    map({
      body: optionalField(z.boolean(), "Whether to keep the body of the response that failed a step.", true),
    }),
    "What to keep of responses, for readers with full access.",
  ),
};
