/** Routing: which webhooks get an incident, and by which rule. */
import { matches } from "../../base/glob.ts";
import type { Config, Webhook } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Grouping } from "../../config/grouping.ts";
import type { QuietHours } from "../../config/quiet_hours.ts";
import type { Route, RouteMatch } from "../../config/routes.ts";

/** The fields of an incident that rules match. */
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

/** A webhook, and the path of the rule that routes to it: `routes[1].routes[0]`. */
export interface Routed {
  webhook: string;
  /** Absent if no rule names the webhook: then it gets every incident. */
  rule?: string;
  /** Escalation delay after the opening, ms; absent: at once. */
  after?: number;
  /** Skip the escalation if the incident is acknowledged by then. */
  unless?: "acknowledged";
  /** Interval of reminders, ms. */
  repeatMs?: number;
  /** The rule's grouping, without defaults. */
  grouping?: Grouping;
  /** Hours in which it gets only critical incidents. */
  quietHours?: QuietHours;
}

/**
 * The webhooks that get an incident: those that matching rules name, and those that no rule names at all.
 * Advisories match only rules that select a family.
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
 * The webhooks that get an incident, by id. Every kind of the episode is routed, so that a webhook which got
 * an earlier kind gets the resolution too. `labels` are the target's.
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

/** If several rules name one webhook, the shortest delay wins, then the last rule. */
function earliest(all: readonly Routed[]): Map<string, Routed> {
  const byWebhook = new Map<string, Routed>();
  for (const one of all) {
    const known = byWebhook.get(one.webhook);
    if (!known || (one.after ?? 0) <= (known.after ?? 0)) byWebhook.set(one.webhook, one);
  }
  return byWebhook;
}

const namesIn = ({ sinks, escalate, routes }: Route): readonly string[] => [
  ...sinks,
  ...escalate.flatMap(({ sinks }) => sinks),
  ...routes.flatMap(namesIn),
];

/** Collects matches in order. `selectsFamily`: a rule above selects families. */
function walk(
  routes: readonly Route[],
  subject: RouteSubject,
  path: string,
  selectsFamily: boolean,
): Routed[] {
  const found: Routed[] = [];
  for (const [i, route] of routes.entries()) {
    if (!fits(route.match, subject)) continue;
    const at = `${path}[${i}]`;
    const isSelected = selectsFamily || route.match.family !== undefined;
    const below = walk(route.routes, subject, `${at}.routes`, isSelected);
    if (subject.family === "advisory" && !isSelected && below.length === 0) continue;
    found.push(...(below.length > 0 ? below : ownOf(route, at)));
    if (!route.continue) break;
  }
  return found;
}

function ownOf({ sinks, escalate, repeatMs, grouping, quietHours }: Route, rule: string): Routed[] {
  const shared = {
    rule,
    ...(repeatMs !== undefined && { repeatMs }),
    ...(grouping && { grouping }),
    ...(quietHours && { quietHours }),
  };
  return [
    ...sinks.map((webhook) => ({ webhook, ...shared })),
    ...escalate.flatMap(({ afterMs, unless, sinks }) =>
      sinks.map((webhook) => ({ webhook, ...shared, after: afterMs, ...(unless && { unless }) }))
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
