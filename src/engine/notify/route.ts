/** Which webhooks are told of an incident, and by which rule. */
import { matches } from "../../base/glob.ts";
import type { Config, Webhook } from "../../config/config.ts";
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

/** A webhook that is told, and the rule that says so: `routes[1].routes[0]`. Without a rule it is told of everything. */
export interface Routed {
  webhook: string;
  rule?: string;
}

/**
 * Who is told: those whom the rules name for it, and those whom no rule names at all. A rule that asks for no family does not match
 * an advisory.
 */
export function routed(
  { webhooks, routes = [] }: Pick<Config, "webhooks" | "routes">,
  subject: RouteSubject,
): Routed[] {
  const named = new Set(routes.flatMap(namesIn));
  const byRule = new Map(walk(routes, subject, "routes", false).map((one) => [one.webhook, one]));
  return webhooks.flatMap(({ id }: Webhook) => byRule.get(id) ?? (named.has(id) ? [] : { webhook: id }));
}

const namesIn = ({ sinks, routes }: Route): readonly string[] => [...sinks, ...routes.flatMap(namesIn)];

/** `asks`: a rule above asks for families. */
function walk(
  routes: readonly Route[],
  subject: RouteSubject,
  path: string,
  asks: boolean,
): Required<Routed>[] {
  const told: Required<Routed>[] = [];
  for (const [i, route] of routes.entries()) {
    if (!fits(route.match, subject)) continue;
    const at = `${path}[${i}]`;
    const asksNow = asks || route.match.family !== undefined;
    const below = walk(route.routes, subject, `${at}.routes`, asksNow);
    // What wakes nobody goes by rules that ask for it.
    if (subject.family === "advisory" && !asksNow && below.length === 0) continue;
    told.push(...(below.length > 0 ? below : route.sinks.map((webhook) => ({ webhook, rule: at }))));
    if (!route.continue) break;
  }
  return told;
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
