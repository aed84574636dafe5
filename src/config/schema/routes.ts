import * as z from "../../base/zod.ts";
import { duration, list, map, optionalField, text, words } from "./fields.ts";
import { GROUP_FIELDS, UNGROUPED } from "./group_fields.ts";
import { glob, globs, matchFields } from "./match.ts";

/**
 * The words of incidents. Repeats judgement/words.ts, which config must not import; a test keeps them equal.
 */
export const ROUTE_WORDS = {
  family: ["service", "quality", "evidence", "claim", "agreement", "advisory", "certificate"],
  kind: [
    ...["drift", "outage", "underclaim", "unreported", "degraded", "blind", "contradiction", "divergence"],
    ...["region", "partial", "prober", "certificate", "delivery", "capacity", "schedule"],
  ],
  severity: ["critical", "warning", "info"],
};

const wordsOf = (words: readonly string[]) => {
  const word = z.enum(words as [string, ...string[]]);
  return z.union([word, list(word, words.length)]);
};

const match = map({
  ...matchFields,
  family: optionalField(
    wordsOf(ROUTE_WORDS.family),
    "Families. Without it a route does not match advisories.",
  ),
  kind: optionalField(wordsOf(ROUTE_WORDS.kind), "Kinds."),
  severity: optionalField(wordsOf(ROUTE_WORDS.severity), "Severities."),
  region: optionalField(globs, "Globs over the region that decided; `global` if all did."),
});

const time = () => text(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day: 22:00");

const quietHours = map({
  from: time().check(z.describe("When they begin.")),
  until: time().check(z.describe("When they end, possibly on the next day.")),
  zone: z.optional(words()).check(
    z.meta({ description: "Their IANA time zone.", default: "UTC" }),
  ),
});

/** A rule as written. */
export interface RouteDraft {
  match?: z.infer<typeof match>;
  sinks?: string[];
  continue?: boolean;
  escalate?: { after: string; unless?: "acknowledged"; sinks: string[] }[];
  repeatInterval?: string;
  groupBy?: string[];
  groupWait?: string;
  groupInterval?: string;
  quietHours?: z.infer<typeof quietHours>;
  routes?: RouteDraft[];
}

const escalation = map({
  after: duration("1s", "7d").check(z.describe("How long after the opening, if it is still open.")),
  unless: optionalField(z.enum(["acknowledged"]), "Skipped if it has been acknowledged by then."),
  sinks: list(glob, 100).check(z.describe("Ids of webhooks.")),
});

/** Maximum nesting of routes. */
const DEPTH = 4;

const route = (depth: number): z.ZodMiniType<RouteDraft> =>
  map({
    match: optionalField(match, "The incidents it takes; all given parts must match. Default: everything."),
    sinks: optionalField(list(glob, 100), "Ids of webhooks. Default: those of the parent route."),
    continue: z.optional(z.boolean()).check(
      z.meta({ description: "Also tries the routes after it.", default: false }),
    ),
    escalate: optionalField(
      z.array(escalation).check(z.maxLength(10)),
      "Sinks to notify later. Default: as in the parent route.",
    ),
    repeatInterval: optionalField(
      duration("1m", "30d"),
      "How often to remind its sinks, including those of `escalate`, while the incident is open and not acknowledged. Default: as in the parent route.",
    ),
    groupBy: optionalField(
      list(glob, 20, 0),
      `What the incidents of one message share: ${
        GROUP_FIELDS.join(", ")
      }, labels.NAME. \`[]\` groups the whole route, \`["${UNGROUPED}"]\` sends one message per incident. Default: as in the parent route.`,
    ),
    groupWait: optionalField(
      duration("0s", "1h"),
      "How long the first of a group waits for others. Default: as in the parent route, else 0s.",
    ),
    groupInterval: optionalField(
      duration("1s", "24h"),
      "What follows within this time is one message. Default: as in the parent route, else 30s.",
    ),
    quietHours: optionalField(
      quietHours,
      "When only critical incidents are sent; the rest waits. Default: those of the parent route.",
    ),
    ...(depth > 1 && {
      routes: optionalField(
        list(route(depth - 1), 100),
        "The first one that matches replaces this route.",
      ),
    }),
  }) as unknown as z.ZodMiniType<RouteDraft>;

/** The routes of a config, in order. */
export const routesGrammar = () => list(route(DEPTH), 200);
