/**
 * A verdict in the words of any dialect: the reverse of read.ts.
 *
 *     Statement -> a state that the dialect expresses -> texts and parts that fit -> Written
 */
import { isServing, rank } from "./merge.ts";
import type { Dialect, ReportState, Statement, Subsystem, WriteInput, WriteOutput } from "./report.ts";
import { oneLine } from "../../base/text.ts";

/** Where a dialect has no word for a state: the nearest that it has, never one that is nearer to `ready`. */
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

/** The state that is said for `state` by who can say only `words`, of which `not_ready` is always one. */
export function nearestState(state: ReportState, words: readonly ReportState[]): ReportState {
  return words.includes(state) || state === "not_ready" ? state : nearestState(NEAREST_STATE[state], words);
}

/**
 * Writes a statement; under 4 KiB. Parts are written worst first, as many as there is room for, and only as far as the
 * whole allows: one that is worse than a whole that serves would belie it, and is left out. Throws for a dialect that does not write.
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
    // Beyond the year 9999 no dialect has a time.
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
    // Many dialects show the whole as one entry of the same map.
    return {
      ...part,
      name: name === own ? `${name}/part` : name,
      state: nearestState(part.state, words),
      message: clean(part.message, 120),
    };
  }).filter(({ state }) => !isServing(whole) || rank(state) <= rank(whole));
  const bestFirst = written.toSorted((a, b) => rank(a.state) - rank(b.state));
  // Of two with one name the worse is kept.
  return [...new Map(bestFirst.map((part) => [part.name, part])).values()].reverse().slice(0, MAX_PARTS);
}

/** One line of well-formed text; none if nothing is left. */
const clean = (text = "", most: number): string | undefined =>
  oneLine(text.trimStart(), most, "").toWellFormed().trim() || undefined;

const sizeOf = ({ body }: WriteOutput) =>
  typeof body === "string" ? new TextEncoder().encode(body).byteLength : body.byteLength;
