/**
 * Writes a statement in any dialect: the reverse of read.ts.
 *
 *     Statement -> a state that the dialect expresses -> texts and parts that fit -> WriteOutput
 */
import { isServing, rank } from "./merge.ts";
import type { Dialect, ReportState, Statement, Subsystem, WriteInput, WriteOutput } from "./report.ts";
import { oneLine } from "../../base/text.ts";

/** The replacement for a state that a dialect cannot express; never one closer to `ready`. */
const NEAREST_STATE: Record<ReportState, ReportState> = {
  ready: "not_ready",
  degraded: "not_ready",
  starting: "not_ready",
  draining: "not_ready",
  unreachable: "unknown",
  unreadable: "unknown",
  unknown: "not_ready",
  not_ready: "not_ready",
};

const MAX_BYTES = 4_095;
const MAX_PARTS = 32;

/** The closest of `words` to `state`, where `words` must include `not_ready`. */
export function nearestState(state: ReportState, words: readonly ReportState[]): ReportState {
  return words.includes(state) || state === "not_ready" ? state : nearestState(NEAREST_STATE[state], words);
}

/**
 * Writes a statement in less than 4 KiB. Parts are written worst first, as many as fit. A part that is worse
 * than a serving whole is left out, because it would contradict it. Throws if the dialect cannot write.
 */
export function write(dialect: Dialect, statement: Statement): WriteOutput {
  const { name, expresses } = dialect;
  if (!dialect.write || !expresses) throw new TypeError(`Cannot write ${name}: it is only read`);
  const whole = nearestState(statement.state, expresses.whole);
  const own = clean(statement.name, 100) ?? "service";
  const input: WriteInput = {
    state: whole,
    name: own,
    reason: clean(statement.reason, 300),
    version: clean(statement.version, 80),
    // No dialect can write times beyond the year 9999.
    at: statement.at !== undefined && Math.abs(statement.at) < 2.5e14 ? statement.at : undefined,
    subsystems: partsOf(statement.subsystems ?? [], own, whole, expresses.parts),
  };
  let written = dialect.write(input);
  while (sizeOf(written) > MAX_BYTES && input.subsystems.length > 0) {
    input.subsystems.length >>= 1;
    written = dialect.write(input);
  }
  const headers = whole === "degraded" ? { ...written.headers, "x-envoy-degraded": "true" } : written.headers;
  return { ...written, headers };
}

function partsOf(
  parts: Subsystem[],
  own: string,
  whole: ReportState,
  words: readonly ReportState[] = [],
): Subsystem[] {
  if (words.length === 0) return [];
  const written = parts.toReversed().map((part) => {
    const name = clean(part.name, 80) ?? "part";
    // Renamed, because many dialects list the whole in the same map as its parts.
    return {
      ...part,
      name: name === own ? `${name}/part` : name,
      state: nearestState(part.state, words),
      message: clean(part.message, 120),
    };
  }).filter(({ state }) => !isServing(whole) || rank(state) <= rank(whole));
  const bestFirst = written.toSorted((a, b) => rank(a.state) - rank(b.state));
  // Of parts with the same name, keeps the worst.
  return [...new Map(bestFirst.map((part) => [part.name, part])).values()].reverse().slice(0, MAX_PARTS);
}

/** One line of well-formed text; undefined if empty. */
const clean = (text = "", most: number): string | undefined =>
  oneLine(text.trimStart(), most, "").toWellFormed().trim() || undefined;

const sizeOf = ({ body }: WriteOutput) =>
  typeof body === "string" ? new TextEncoder().encode(body).byteLength : body.byteLength;
