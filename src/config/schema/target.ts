/** Targets and their checks. */
import * as z from "../../base/zod.ts";
import type { Kinds } from "../kinds.ts";
import { ENABLED, TARGET_DEFAULTS } from "./composed.ts";
import { duration, host, id, list, map, optionalField, text, words } from "./fields.ts";
import { CLAIM_RULES, report } from "./report.ts";
import { auth, cleanup, journey } from "./steps.ts";
import { timingFields } from "./timing.ts";
import { tlsGrammar } from "./tls.ts";

const check = (kinds: Kinds, written: boolean) =>
  map({
    ...written && { enabled: ENABLED },
    id: optionalField(id(), "Unique within its target.", "default"),
    contract: optionalField(words(), "One sentence: what ready means here."),
    optional: optionalField(
      z.boolean(),
      "Excluded from the target's status, its figures and public pages.",
      false,
    ),
    after: optionalField(
      id(),
      "A check of the same target that must hold first; until then this one is not judged.",
    ),
    slo: optionalField(
      text(/^[1-9][0-9]?(\.[0-9]{1,4})?%$/, "a percentage below 100%, such as 99.9%"),
      "The objective: the share of judged time over 30 days that must be good. Gives an error budget and burn rates.",
    ),
    ...timingFields,
    cron: optionalField(words(), "Five cron fields, instead of every."),
    zone: optionalField(words(), "The IANA time zone of cron.", "UTC"),
    report: z.optional(report(kinds.auths ?? [])),
    claim: optionalField(
      z.enum(CLAIM_RULES),
      "How to combine several sources: the worst claim, ready only if all are, or the best claim.",
      "worst",
    ),
    journey: journey(kinds, written).check(z.describe("Requests, in order, that verify the contract.")),
    cleanup: optionalField(
      cleanup(kinds, written),
      "Requests that undo the journey; always run, judged separately.",
    ),
    auth: optionalField(auth(kinds.auths ?? []), "Authentication of its requests. Default: the target's."),
    trace: optionalField(z.boolean(), "Overrides the target's trace."),
    latencyBudget: optionalField(
      duration("1ms", "45s"),
      "A journey that passes but takes longer is slow, not failed.",
    ),
    scope: optionalField(
      z.enum(["global", "region"]),
      "One incident for all regions, or one per region.",
      "global",
    ),
  });

/** A target; `written` adds the keys that composition resolves. */
export const targetGrammar = (kinds: Kinds, written: boolean) =>
  map({
    ...written && { enabled: ENABLED, defaults: TARGET_DEFAULTS },
    id: id().check(z.describe("Unique.")),
    name: optionalField(words(), "Display name. Default: the id."),
    url: z.string().check(z.minLength(1), z.describe("http(s) origin and base path; may hold ${env:NAME}.")),
    hosts: optionalField(
      list(host(), 20),
      "Other hosts or origins that a step's url may lead to; https unless it has a scheme.",
    ),
    tls: optionalField(
      tlsGrammar,
      "TLS settings for the origin of url, in reports and journeys; never for another origin. Not on Cloudflare.",
    ),
    labels: optionalField(
      z.record(z.string().check(z.minLength(1)), z.string()),
      "Free key-value pairs, shown and sent with events.",
    ),
    dependsOn: optionalField(
      list(z.string(), 50),
      "Targets that it needs to work: while one has an outage, its own notices are not sent.",
    ),
    auth: optionalField(
      auth(kinds.auths ?? []),
      "Authentication of its journeys' requests to its origin; checks and steps may have their own.",
    ),
    trace: optionalField(
      z.boolean(),
      "Journey requests carry a W3C traceparent with a trace id derived from the run.",
      false,
    ),
    checks: list(check(kinds, written), 100),
  }).check(z.refine(({ url, tls }) => !tls || !/^http:/i.test(url), {
    path: ["tls"],
    error: "allowed with an http URL: only https has TLS",
  }));
