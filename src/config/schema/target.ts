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
    id: optionalField(id(), "Unique in its target.", "default"),
    contract: optionalField(words(), "One sentence: what ready means here."),
    optional: optionalField(
      z.boolean(),
      "It counts neither for the status of its target, nor for its figures, nor on public pages.",
      false,
    ),
    after: optionalField(
      id(),
      "A check of the same target that must hold first: until it does, this one is not judged.",
    ),
    slo: optionalField(
      text(/^[1-9][0-9]?(\.[0-9]{1,4})?%$/, "a percentage below 100%, such as 99.9%"),
      "The objective: the share of judged time over 30 days in which it is good. Gives an error budget and burn rates.",
    ),
    ...timingFields,
    cron: optionalField(words(), "Five cron fields, instead of every."),
    zone: optionalField(words(), "The time zone of cron, as the IANA database names it.", "UTC"),
    report: z.optional(report(kinds.auths ?? [])),
    claim: optionalField(
      z.enum(CLAIM_RULES),
      "With several sources: the worst that speaks, ready only if all are, or the best that speaks.",
      "worst",
    ),
    journey: journey(kinds, written).check(z.describe("Real requests, in order, that prove the contract.")),
    cleanup: optionalField(
      cleanup(kinds, written),
      "Requests that undo the journey; always walked, judged apart.",
    ),
    auth: optionalField(auth(kinds.auths ?? []), "How its requests are let in. Default: the target's."),
    trace: optionalField(z.boolean(), "As on the target, which it overrides."),
    latencyBudget: optionalField(
      duration("1ms", "45s"),
      "A passed journey that took longer is slow, not failed.",
    ),
    scope: optionalField(
      z.enum(["global", "region"]),
      "One incident for all regions, or one for each.",
      "global",
    ),
  });

/** A target; `written`: with what only composition knows. */
export const targetGrammar = (kinds: Kinds, written: boolean) =>
  map({
    ...written && { enabled: ENABLED, defaults: TARGET_DEFAULTS },
    id: id().check(z.describe("Unique.")),
    name: optionalField(words(), "For humans. Default: the id."),
    url: z.string().check(z.minLength(1), z.describe("http(s) origin and base path; may hold ${env:NAME}.")),
    hosts: optionalField(
      list(host(), 20),
      "Other hosts or origins that a step's url may lead to; without a scheme https.",
    ),
    tls: optionalField(
      tlsGrammar,
      "TLS to the origin of url, in reports and journeys; never to another origin. Not on Cloudflare.",
    ),
    labels: optionalField(
      z.record(z.string().check(z.minLength(1)), z.string()),
      "Free key-value texts, shown and sent along.",
    ),
    dependsOn: optionalField(
      list(z.string(), 50),
      "Targets without which it does not work: while one has an outage, no notice of its own is sent.",
    ),
    auth: optionalField(
      auth(kinds.auths ?? []),
      "How requests of its journeys to its origin are let in; checks and steps may have their own.",
    ),
    trace: optionalField(
      z.boolean(),
      "Requests of journeys carry a W3C traceparent whose trace id follows from the run.",
      false,
    ),
    checks: list(check(kinds, written), 100),
  }).check(z.refine(({ url, tls }) => !tls || !/^http:/i.test(url), {
    path: ["tls"],
    error: "of use beside an http URL: only https has TLS",
  }));
