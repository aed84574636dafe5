/** When a check is walked, and how its rounds become incidents: on a check, or as defaults of all. */
import * as z from "../../base/zod.ts";
import { duration, map, optionalField, quorum } from "./fields.ts";

/** By key of the config. */
export const timingFields = {
  every: optionalField(duration("1s", "1d"), "Period, counted from the epoch.", "1m"),
  timeout: optionalField(
    duration("100ms", "45s"),
    "Deadline of a whole journey, bodies and polls included.",
    "10s",
  ),
  startupBudget: optionalField(
    duration("0s", "1d"),
    "How long a service may say it is starting, unjudged.",
    "5m",
  ),
  drainWindow: optionalField(
    duration("0s", "1d"),
    "How long a service may say it is draining, unjudged.",
    "150s",
  ),
  flapWindow: optionalField(
    duration("0s", "1d"),
    "An incident that opens again within it keeps its id.",
    "10m",
  ),
  failureThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Failed slots in a row that turn a vote bad.",
    2,
  ),
  successThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Passed slots in a row that turn it good again.",
    2,
  ),
  turns: optionalField(
    z.int().check(z.gte(1), z.lte(3)),
    "Instants of a period at which probers walk by turns. Default 3; 1 with Upstash, on Deno Deploy, on Cloudflare's free plan and with cron. Always 1 below a period of 30s.",
  ),
  confirm: optionalField(
    z.union([duration("20s", "1h"), z.literal(0)]),
    "How long after a first failure or recovery all probers walk once more; 0: never. Not below a period of 30s.",
    "25s",
  ),
  retry: optionalField(
    z.int().check(z.gte(0), z.lte(1)),
    "Walks a round once more, 1 s later, in which the report or a step got no HTTP answer.",
    1,
  ),
  releaseAfter: optionalField(
    duration("0s", "30d"),
    "A prober that fell silent while it saw failures holds an incident open for so long.",
    "1h",
  ),
  certificateWarning: optionalField(
    z.union([duration("1h", "365d"), z.literal(0)]),
    "Opens an advisory for a certificate that ends within it, as probers on Deno see it; 0: never.",
    "14d",
  ),
  severity: optionalField(
    z.enum(["critical", "warning", "info"]),
    "The most that its incidents can be: a warning stays a warning under critical.",
    "critical",
  ),
  quorum: optionalField(quorum(), "How the votes of the regions become one outcome."),
  maxAge: optionalField(duration("2s", "800d"), "Evidence older than this is none. Default 2.5 periods."),
  evidence: optionalField(
    map({ body: optionalField(z.boolean(), "Of the body of the answer that failed a step.", true) }),
    "What is kept of answers, for those who may read all.",
  ),
};
