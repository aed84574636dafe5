/**
 * Captured values that must agree across regions: a revision, a version of a schema. Pure.
 *
 *     latest value of each prober -> when each was first seen, and first left -> a pair that still differs too late -> divergence
 *
 * A change begins when a value is first seen, or when a prober is first seen to have left one. Two probers diverge
 * only if both were seen `converge` later or more, because an earlier sighting says nothing about the time after.
 */
import { staleAt } from "../config/schedule.ts";
import type { Sign } from "./incident_rules.ts";
import type { CapturedValue, CheckState, KnownValue, ProberState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";

/** The latest value of one prober, as the rules read it. */
export interface HeldValue extends CapturedValue {
  prober: string;
  /** Its value in the previous judgement. */
  before?: string;
  /** Recent enough, and from a prober that counts. */
  fresh: boolean;
}

/** The known values after what the probers now hold; `now` is our clock, epoch ms. */
export function noteValues(
  known: readonly KnownValue[],
  held: readonly HeldValue[],
  now: number,
): KnownValue[] {
  const inOrder = held.toSorted((a, b) => a.at - b.at || (a.prober < b.prober ? -1 : 1));
  const noted = inOrder.reduce((before, one) => withValue(before, one, now), known);
  const values = new Set(held.map(({ value }) => value));
  const kept = noted.filter(({ value }) => values.has(value));
  return kept.length === 1 ? [{ value: kept[0]!.value, since: kept[0]!.since }] : kept;
}

function withValue(
  known: readonly KnownValue[],
  { value, before = value }: HeldValue,
  now: number,
): readonly KnownValue[] {
  const place = placeOf(known, value);
  const isReturn = placeOf(known, before) > place && !known[place]?.returned;
  const left = before === value ? known : known.map((one) => (
    one.value === before ? { ...one, leftAt: one.leftAt ?? now } : one
  ));
  if (place >= 0 && !isReturn) return left;
  const others = left.filter((one) => one.value !== value);
  return [...others, { value, since: now, ...(place >= 0 && { returned: true as const }) }];
}

const placeOf = (known: readonly KnownValue[], value: string) =>
  known.findIndex((one) => one.value === value);

/** The sign of one capture's values; `convergeMs`: how long a change may take. */
export function agreementSign(
  known: readonly KnownValue[],
  held: readonly HeldValue[],
  convergeMs: number,
): Sign {
  const differs = (one: HeldValue, other: HeldValue) =>
    one.value !== other.value && Math.min(one.at, other.at) >= changedAt(known, one, other) + convergeMs;
  const isDiverged = (among: readonly HeldValue[]) =>
    among.some((one) => among.some((other) => differs(one, other)));
  const fresh = held.filter((one) => one.fresh);
  if (isDiverged(fresh)) return "wanted";
  return fresh.length > 1 && !isDiverged(held) ? "over" : undefined;
}

/**
 * When the change between two different values began: the later value was seen, or the older one was left.
 */
function changedAt(known: readonly KnownValue[], one: HeldValue, other: HeldValue): number {
  const [a, b] = [one, other].map(({ value }) => known[placeOf(known, value)]);
  if (!a || !b) return Infinity;
  return Math.min(Math.max(a.since, b.since), a.leftAt ?? Infinity, b.leftAt ?? Infinity);
}

/** The input of one judgement; `at` is in slot time, `now` by our clock, both epoch ms. */
export interface ConvergenceContext {
  regions: readonly VotingRegion[];
  probers: CheckState["probers"];
  previous: Pick<CheckState, "probers" | "agreement">;
  at: number;
  now: number;
}

/** The values to remember, their common sign, and who holds which value. */
export interface Convergence {
  agreement?: Record<string, KnownValue[]>;
  sign: Sign;
  reason?: string;
}

/** Judges all captures of a check that must agree. Captures without recent values are ignored. */
export function judgeConvergence(check: JudgedCheck, context: ConvergenceContext): Convergence {
  // Without a rule nothing can diverge.
  if (!check.converge) return { sign: "over" };
  const { regions, previous, now } = context;
  const captures = Object.entries(check.converge).flatMap(([name, convergeMs]) => {
    const held = heldValues(check, name, context);
    if (held.length === 0) return [];
    const known = noteValues(previous.agreement?.[name] ?? [], held, now);
    return [{ name, held, known, sign: agreementSign(known, held, convergeMs) }];
  });
  const diverged = captures.filter(({ sign }) => sign === "wanted");
  const agreement = Object.fromEntries(captures.map(({ name, known }) => [name, known]));
  const reason = diverged.map(({ name, known, held }) => `${name} is ${whoSaysWhat(known, held, regions)}`);
  return {
    ...(captures.length > 0 && { agreement }),
    sign: diverged.length > 0
      ? "wanted"
      : captures.length > 0 && captures.every(({ sign }) => sign === "over")
      ? "over"
      : undefined,
    ...(reason.length > 0 && { reason: reason.join("; ") }),
  };
}

/** The latest value of each prober, if it is fresh or no older than `releaseAfterMs`. */
function heldValues(
  check: JudgedCheck,
  name: string,
  { regions, probers, previous, at }: Pick<ConvergenceContext, "regions" | "probers" | "previous" | "at">,
): HeldValue[] {
  return regions.flatMap((region) => region.probers).flatMap(({ id }): HeldValue[] => {
    const last = probers[id]?.captured?.[name];
    if (!last) return [];
    const isRecent = at <= staleAt(check, last.at);
    if (!isRecent && at - last.at > check.releaseAfterMs) return [];
    const before = previous.probers[id]?.captured?.[name]?.value;
    return [{ ...last, prober: id, before, fresh: isRecent && !probers[id]!.aside }];
  });
}

/** Adds a round's captures that must agree to the earlier ones; a round that does not count adds none. */
export function noteCaptured(
  { converge = {}, version }: Pick<JudgedCheck, "converge" | "version">,
  known: ProberState["captured"],
  { captured, at }: { captured?: Record<string, string>; at: number },
): ProberState["captured"] {
  if (!known && !captured) return undefined;
  const seen = Object.entries(captured ?? {}).map(([name, value]) => [name, { value, at }] as const);
  const all = Object.entries({ ...known, ...Object.fromEntries(seen) })
    .filter(([name]) => name === version || Object.hasOwn(converge, name));
  return all.length > 0 ? Object.fromEntries(all) : undefined;
}

/** Who holds a value: the region if all its probers that are heard agree, else the prober. */
function holdersOf(value: string, held: readonly HeldValue[], regions: readonly VotingRegion[]): string[] {
  return regions.flatMap(({ id, probers }) => {
    const own = held.filter(({ prober }) => probers.some(({ id }) => id === prober));
    const same = own.filter((one) => one.value === value);
    if (same.length === 0) return [];
    return same.length === own.length ? [id] : same.map(({ prober }) => prober);
  });
}

/** The maximum number of values named in a sentence. */
const VALUES = 4;

/** "41 in eu but 42 in us, ap". */
function whoSaysWhat(
  known: readonly KnownValue[],
  held: readonly HeldValue[],
  regions: readonly VotingRegion[],
): string {
  const fresh = held.filter((one) => one.fresh);
  const said = known.map(({ value }) => ({ value, by: holdersOf(value, fresh, regions) }))
    .filter(({ by }) => by.length > 0);
  const text = said.slice(0, VALUES).map(({ value, by }) => `${value} in ${by.join(", ")}`).join(" but ");
  return said.length > VALUES ? `${text}, and ${said.length - VALUES} more` : text;
}

/** The current values of one capture. */
export interface ConvergenceNow {
  capture: string;
  /** How long a change may take, ms. */
  withinMs: number;
  /** In order of first sight; `by` names regions, or probers of regions that disagree. */
  values: { value: string; since?: number; by: string[] }[];
  /** Regions without a recent value. */
  unknown: string[];
}

/** The values of all captures that must agree, at the instant `at` (epoch ms). */
export function valuesNow(
  check: JudgedCheck,
  regions: readonly VotingRegion[],
  state: Pick<CheckState, "probers" | "agreement"> | undefined,
  at: number,
): ConvergenceNow[] {
  const context = { regions, probers: state?.probers ?? {}, previous: { probers: {} }, at };
  return Object.entries(check.converge ?? {}).map(([capture, withinMs]) => {
    const fresh = heldValues(check, capture, context).filter((one) => one.fresh);
    const known = state?.agreement?.[capture] ?? [];
    const values = known.map(({ value, since }) => ({ value, since, by: holdersOf(value, fresh, regions) }));
    const heard = new Set(fresh.map(({ prober }) => prober));
    const unknown = regions.filter(({ probers }) => !probers.some(({ id }) => heard.has(id)));
    return {
      capture,
      withinMs,
      values: values.filter(({ by }) => by.length > 0),
      unknown: unknown.map(({ id }) => id),
    };
  });
}
