/** Which webhooks an incident is routed to, and by which rule. */
import { matches } from "../../base/glob.ts";
import type { Config, Webhook } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Grouping } from "../../config/grouping.ts";
import type { QuietHours } from "../../config/quiet_hours.ts";
import type { Route, RouteMatch } from "../../config/routes.ts";

/** An incident as rules see it. */
export interface RouteSubject {
  target: string;
  check: string;
  family: string;
  kind: string;
  severity: string;
  /** The region that decided, or `global`. */
  region: string;
  labels: Readonly<Record<string, string>>;
}

/** A webhook, and the rule that routes to it: `routes[1].routes[0]`. A webhook without a rule gets everything. */
export interface Routed {
  webhook: string;
  rule?: string;
  /** So long after the opening, ms; absent: at once. */
  after?: number;
  /** Not if somebody has acknowledged it by then. */
  unless?: "acknowledged";
  /** It is reminded this often, ms. */
  repeatMs?: number;
  /** Which incidents are one message, as far as the rule says. */
  grouping?: Grouping;
  /** When it gets critical incidents only. */
  quietHours?: QuietHours;
}

/**
 * The webhooks that get an incident: those its rules name, and those that no rule names at all. A rule that asks for no family does not match
 * an advisory.
 */
export function routed(
  { webhooks, routes = [] }: Pick<Config, "webhooks" | "routes">,
  subject: RouteSubject,
): Routed[] {
  const named = new Set(routes.flatMap(namesIn));
  const byRule = earliest(walk(routes, subject, "routes", false));
  return webhooks.flatMap(({ id }: Webhook) => byRule.get(id) ?? (named.has(id) ? [] : { webhook: id }));
}

/**
 * The webhooks that get an incident, by id. One that got an earlier kind of this episode gets its resolution, too. `labels` are those
 * of its target.
 */
export function routedIncident(
  config: Pick<Config, "webhooks" | "routes">,
  { target, check, family, severity, scope, timeline, kind }: Incident,
  labels: RouteSubject["labels"],
): ReadonlyMap<string, Routed> {
  const opened = timeline.findLastIndex(({ change }) => change === "opened");
  const kinds = new Set([kind, ...timeline.slice(Math.max(0, opened)).map((entry) => entry.kind)]);
  const about = { target, check, family, severity, region: scope, labels };
  return earliest([...kinds].flatMap((kind) => routed(config, { ...about, kind })));
}

/** Where several rules name one webhook, the one with the shortest delay counts, else the last. */
function earliest(all: readonly Routed[]): Map<string, Routed> {
  const told = new Map<string, Routed>();
  for (const one of all) {
    const known = told.get(one.webhook);
    if (!known || (one.after ?? 0) <= (known.after ?? 0)) told.set(one.webhook, one);
  }
  return told;
}

const namesIn = ({ sinks, escalate, routes }: Route): readonly string[] => [
  ...sinks,
  ...escalate.flatMap(({ sinks }) => sinks),
  ...routes.flatMap(namesIn),
];

/** `asks`: a rule above asks for families. */
function walk(
  routes: readonly Route[],
  subject: RouteSubject,
  path: string,
  asks: boolean,
): Routed[] {
  const told: Routed[] = [];
  for (const [i, route] of routes.entries()) {
    if (!fits(route.match, subject)) continue;
    const at = `${path}[${i}]`;
    const asksNow = asks || route.match.family !== undefined;
    const below = walk(route.routes, subject, `${at}.routes`, asksNow);
    // Advisories go only by rules that ask for them.
    if (subject.family === "advisory" && !asksNow && below.length === 0) continue;
    told.push(...(below.length > 0 ? below : ownOf(route, at)));
    if (!route.continue) break;
  }
  return told;
}

function ownOf({ sinks, escalate, repeatMs, grouping, quietHours }: Route, rule: string): Routed[] {
  const same = {
    rule,
    ...(repeatMs !== undefined && { repeatMs }),
    ...(grouping && { grouping }),
    ...(quietHours && { quietHours }),
  };
  return [
    ...sinks.map((webhook) => ({ webhook, ...same })),
    ...escalate.flatMap(({ afterMs, unless, sinks }) =>
      sinks.map((webhook) => ({ webhook, ...same, after: afterMs, ...(unless && { unless }) }))
    ),
  ];
}

function fits({ labels = {}, ...fields }: RouteMatch, subject: RouteSubject): boolean {
  const isOneOf = (globs: readonly string[] | undefined, value: string | undefined) =>
    globs === undefined || value !== undefined && globs.some((glob) => matches(glob, value));
  return Object.entries(fields).every(([field, globs]) =>
    isOneOf(globs, subject[field as keyof typeof fields])
  ) &&
    Object.entries(labels).every(([name, globs]) =>
      isOneOf(globs, Object.hasOwn(subject.labels, name) ? subject.labels[name] : undefined)
    );
}
