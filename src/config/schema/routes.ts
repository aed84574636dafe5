import * as z from "../../base/zod.ts";
import { duration, list, map, optionalField, text, words } from "./fields.ts";
import { GROUP_FIELDS, UNGROUPED } from "./group_fields.ts";
import { glob, globs, matchFields } from "./match.ts";

/** The words of incidents, for the grammar: judgement/words.ts has them, and stands above it. A test holds the two to each other. */
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
  family: optionalField(wordsOf(ROUTE_WORDS.family), "Families. Without it a route takes no advisories."),
  kind: optionalField(wordsOf(ROUTE_WORDS.kind), "Kinds."),
  severity: optionalField(wordsOf(ROUTE_WORDS.severity), "Severities."),
  region: optionalField(globs, "Globs over the region that decided; `global` where all did."),
});

const time = () => text(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day: 22:00");

const quietHours = map({
  from: time().check(z.describe("When they begin.")),
  until: time().check(z.describe("When they end, perhaps on the next day.")),
  zone: z.optional(words()).check(
    z.meta({ description: "Their time zone, as the IANA database names it.", default: "UTC" }),
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
  after: duration("1s", "7d").check(z.describe("So long after its opening, while it is open.")),
  unless: optionalField(z.enum(["acknowledged"]), "Not if somebody has acknowledged it by then."),
  sinks: list(glob, 100).check(z.describe("Ids of webhooks.")),
});

/** Rules stand so deep below each other at most. */
const DEPTH = 4;

const route = (depth: number): z.ZodMiniType<RouteDraft> =>
  map({
    match: optionalField(match, "What it takes; each part that is named must match. Default: everything."),
    sinks: optionalField(list(glob, 100), "Ids of webhooks. Default: those of the route above."),
    continue: z.optional(z.boolean()).check(
      z.meta({ description: "The routes after it are asked as well.", default: false }),
    ),
    escalate: optionalField(
      z.array(escalation).check(z.maxLength(10)),
      "Sinks that are notified later. Default: as the route above says.",
    ),
    repeatInterval: optionalField(
      duration("1m", "30d"),
      "Its sinks, those of `escalate` too, are reminded this often while the incident is open and not acknowledged. Default: as the route above says.",
    ),
    groupBy: optionalField(
      list(glob, 20, 0),
      `The incidents of one message have these in common: ${
        GROUP_FIELDS.join(", ")
      }, labels.NAME. \`[]\` is all of the route, \`["${UNGROUPED}"]\` a message for each incident. Default: as the route above says.`,
    ),
    groupWait: optionalField(
      duration("0s", "1h"),
      "The first of a group waits so long for others. Default: as the route above says, else 0s.",
    ),
    groupInterval: optionalField(
      duration("1s", "24h"),
      "What follows within this is one message. Default: as the route above says, else 30s.",
    ),
    quietHours: optionalField(
      quietHours,
      "When only critical incidents are sent; the rest waits. Default: those of the route above.",
    ),
    ...(depth > 1 && {
      routes: optionalField(
        list(route(depth - 1), 100),
        "The first that matches is used in place of this one.",
      ),
    }),
  }) as unknown as z.ZodMiniType<RouteDraft>;

/** The rules of a config, from the first to the last. */
export const routesGrammar = () => list(route(DEPTH), 200);
