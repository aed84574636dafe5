/** Packs checks into shards, and states and traces into text. */
import * as z from "../base/zod.ts";
import type { CheckHistory, Trace } from "../judgement/assess.ts";
import type { Check, Config } from "../config/config.ts";
import type { Incident } from "../judgement/incident.ts";
import type { OwnState } from "../judgement/own.ts";
import {
  CONCLUSIVE,
  FAILED,
  FAULTS,
  OUTCOMES,
  OWN_KINDS,
  TRACE_VERDICTS,
  VOTES,
} from "../judgement/words.ts";
import { INCIDENT_KEYS } from "./schema.ts";
import type {
  CheckState,
  KeptRounds,
  LastRound,
  MissedSlot,
  ProberState,
  ScopeState,
} from "../judgement/state.ts";
import { MINUTE_MS } from "../base/time.ts";

/**
 * The lane of a check. Checks of one lane settle together: the same phase and, below a minute, the same
 * period.
 */
export function laneOf({ schedule }: Check): string {
  if (!("everyMs" in schedule)) return "minute";
  const { everyMs, phaseMs } = schedule;
  if (everyMs < MINUTE_MS) return `${everyMs}`;
  return phaseMs ? `minute+${phaseMs}` : "minute";
}

/** The assignment of checks to shards. */
export interface Packing {
  /** Fingerprint of the assignment. */
  layout: string;
  /** Check keys by shard. */
  shards: string[][];
  /** Shard number by check key. */
  shardOf: ReadonlyMap<string, number>;
}

/** Keeps a row well under 2 MB even if every last round carries a failure. */
const PAIRS_PER_SHARD = 600;
const CHECKS_PER_SHARD = 200;

/** Packs checks of one lane together, in a stable order. */
export function packChecks(config: Config): Packing {
  const probers = config.regions.reduce((sum, region) => sum + region.probers.length, 0);
  const size = Math.max(1, Math.min(CHECKS_PER_SHARD, Math.floor(PAIRS_PER_SHARD / probers)));
  const lanes = new Map<string, string[]>();
  for (const check of config.checks) {
    const keys = lanes.get(laneOf(check)) ?? [];
    keys.push(check.key);
    lanes.set(laneOf(check), keys);
  }
  const shards: string[][] = [];
  for (const keys of lanes.values()) {
    for (let at = 0; at < keys.length; at += size) shards.push(keys.slice(at, at + size));
  }
  const shardOf = new Map(shards.flatMap((keys, shard) => keys.map((key) => [key, shard] as const)));
  return { layout: fingerprint(shards.map((keys) => keys.join(" ")).join("\n")), shards, shardOf };
}

/** FNV-1a, 2 x 32 bits. Identifies a text; not cryptographic. */
export function fingerprint(text: string): string {
  let a = 0x811c9dc5, b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

const conclusive = z.enum(CONCLUSIVE);
const outcome = z.enum(OUTCOMES);
const hasKeys = <T>(required: readonly (keyof T & string)[]) =>
  z.custom<T>((value) =>
    typeof value === "object" && value !== null && required.every((key) => key in value)
  );

const standing = z.object({
  vote: z.enum(VOTES),
  recent: z.array(conclusive),
  failed: z.array(z.enum(FAILED)),
  freshAt: z.optional(z.number()),
  conclusiveAt: z.optional(z.number()),
  agedBad: z.optional(z.literal(true)),
});

const lastRound = z.optional(hasKeys<LastRound>(["slot", "word", "before", "outcome", "totalMs"]));

const prober = z.object({
  standing,
  phases: z.object({
    everReady: z.boolean(),
    startingAt: z.optional(z.number()),
    drainingAt: z.optional(z.number()),
    believed: z.optional(z.array(z.pair(z.number(), z.number()))),
  }),
  contradictions: z.number(),
  contradicts: z.optional(z.boolean()),
  limited: z.optional(z.number()),
  timeouts: z.optional(z.number()),
  aside: z.optional(z.enum(FAULTS)),
  place: z.optional(z.string()),
  witness: lastRound,
  kept: z.optional(z.object({ lastGood: lastRound, firstFailed: lastRound, latestFailed: lastRound })),
  missed: z.optional(hasKeys<MissedSlot>(["slot", "reason"])),
  certificate: z.optional(z.object({ notAfter: z.number(), issuer: z.string(), at: z.number() })),
  captured: z.optional(z.record(z.string(), z.object({ value: z.string(), at: z.number() }))),
  heardAt: z.optional(z.number()),
});

const knownValue = z.object({
  value: z.string(),
  since: z.number(),
  leftAt: z.optional(z.number()),
  returned: z.optional(z.literal(true)),
});

const opaque = <T>() => hasKeys<T>([]);
const incident = hasKeys<Incident>(INCIDENT_KEYS);

/** Rows of an earlier version lack `judgedAt` and `scopes`. Unknown fields of a later version are dropped. */
const checkState = z.pipe(
  z.object({
    slot: z.number(),
    judgedAt: z.optional(z.number()),
    outcome,
    since: z.number(),
    probers: z.record(z.string(), prober),
    regions: z.record(
      z.string(),
      z.object({ outcome, since: z.number(), wasBad: z.boolean(), badSince: z.optional(z.number()) }),
    ),
    scopes: z._default(z.record(z.string(), opaque<ScopeState>()), {}),
    agreement: z.optional(z.record(z.string(), z.array(knownValue))),
    incidents: z.array(incident),
  }),
  z.transform(({ judgedAt, ...state }): CheckState => ({ ...state, judgedAt: judgedAt ?? state.slot })),
);

/** A word that another version of Assay may write differently: any text is accepted. */
const word = <T extends string>() =>
  z.optional(z.custom<T>((value) => value === undefined || typeof value === "string"));
const yes = z.optional(z.literal(true));

const trace: z.ZodMiniType<Trace> = z.object({
  prober: z.string(),
  word: z.enum(TRACE_VERDICTS),
  reason: z.optional(z.string()),
  reported: word<NonNullable<Trace["reported"]>>(),
  claimed: word<NonNullable<Trace["claimed"]>>(),
  phase: word<NonNullable<Trace["phase"]>>(),
  question: z.optional(z.literal("liveness")),
  outcome: word<NonNullable<Trace["outcome"]>>(),
  contradicts: yes,
  totalMs: z.optional(z.number()),
  at: z.optional(z.number()),
  kind: z.optional(z.literal("confirmation")),
  again: yes,
  unanswered: yes,
});

const states = z.record(z.string(), checkState);
/** One check's line in the history of a slot. */
export const historyShape = z.object({ outcome, traces: z.array(trace) });
const histories = z.record(z.string(), historyShape);

/** Parses stored JSON. Throws an Error that names the row and the wrong field if the shape is wrong. */
export function parseRow<T>(schema: z.ZodMiniType<T>, text: string, row: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot read ${row} from the store: it is not JSON`, { cause });
  }
  return validateRow(schema, value, row);
}

/** Checks a stored value. Throws an Error that names the row and the wrong field if the shape is wrong. */
export function validateRow<T>(schema: z.ZodMiniType<T>, value: unknown, row: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new Error(`Cannot read ${row} from the store at ${path.join(".")}: ${message}`, {
    cause: read.error,
  });
}

/** States of one shard by check key. */
export type States = Record<string, CheckState>;

/** Decodes the states of one shard. Throws if the shape is wrong. */
export const decodeStates = (text: string, shard: number): States => parseRow(states, text, `shard ${shard}`);

/** SQLite in a Durable Object allows 2 MB per row, and some stores accept only 1 MB per request. */
const STATES_CHARS = 1_000_000;

/**
 * Reductions of a shard that is too long, tried in this order: what remains of the kept rounds, and how many
 * probers of a check keep their last exchange.
 */
const REDUCTIONS = [
  { kept: "bare", exchanges: Infinity },
  { kept: "none", exchanges: 1 },
  { kept: "none", exchanges: 0 },
] as const;

/**
 * Encodes the states of one shard. If the text is too long, drops requests and answers, least important
 * first.
 */
export function encodeStates(value: States): string {
  let text = JSON.stringify(value);
  for (const reduction of REDUCTIONS) {
    if (text.length <= STATES_CHARS) break;
    text = JSON.stringify(reduceStates(value, reduction));
  }
  return text;
}

function reduceStates(value: States, { kept, exchanges }: (typeof REDUCTIONS)[number]): States {
  const reduceKept = (rounds: KeptRounds) =>
    kept === "bare" ? mapValues(rounds, (round) => round && withoutExchange(round)) : undefined;
  return mapValues(value, (state) => {
    let left: number = exchanges;
    const probers = mapValues(state.probers, (prober): ProberState => ({
      ...prober,
      ...(prober.kept && { kept: reduceKept(prober.kept) }),
      ...(prober.witness?.failure && left-- <= 0 && { witness: withoutExchange(prober.witness) }),
    }));
    return { ...state, probers };
  });
}

function withoutExchange({ failure, ...round }: LastRound): LastRound {
  if (!failure) return round;
  const { request: _request, answer: _answer, ...rest } = failure;
  return { ...round, failure: rest };
}

const mapValues = <T extends object, K extends keyof T>(record: T, change: (value: T[K]) => T[K]): T =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)])) as T;

/** The number of the row with Assay's own state; it contains no checks. */
export const OWN_ROW = -1;

/** Whether a row contains states of checks. */
export const isShard = ({ shard }: { shard: number }): boolean => shard !== OWN_ROW;

const ownState = z.object({
  probers: z.record(
    z.string(),
    z.object({
      broughtAt: z.number(),
      noRoundYet: z.optional(z.literal(true)),
      askedAt: z.number(),
      unanswered: z.number(),
      incident: z.optional(incident),
    }),
  ),
  causes: z.partialRecord(
    z.enum(OWN_KINDS),
    z.object({ at: z.number(), run: z.number(), runBefore: z.number(), incident: z.optional(incident) }),
  ),
  turned: z._default(z.record(z.string(), z.record(z.string(), z.number())), {}),
});

/** Decodes Assay's own state. Throws if the shape is wrong. */
export const decodeOwn = (text: string): OwnState => parseRow(ownState, text, "the own incidents");

/** Encodes Assay's own state. */
export const encodeOwn = (value: OwnState): string => JSON.stringify(value);

/** Decodes one shard's line of history. Throws if the shape is wrong. */
export const decodeHistory = (text: string, shard: number): Record<string, CheckHistory> =>
  parseRow(histories, text, `history of shard ${shard}`);

/** Encodes one shard's line of history. */
export const encodeHistory = (value: Record<string, CheckHistory>): string => JSON.stringify(value);
