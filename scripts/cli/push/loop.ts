/**
 * Reads, pushes, waits, and repeats. A failed push is not resent: the next attempt reads the state again.
 *
 *     read -> PUT -> accepted: wait the interval | refused or no answer: back off -> read
 */
import { exchange } from "../../../src/base/http/client.ts";
import { pause, type Ports } from "../../../src/base/ports.ts";
import { isServing } from "../../../src/evidence/report/merge.ts";
import type { ReadReport, Report } from "../../../src/evidence/report/mod.ts";

/** A report as the API accepts it. */
export type OutgoingReport =
  & Pick<Report, "state" | "phase" | "reason" | "version">
  & Partial<Pick<Report, "dialect" | "claims" | "subsystems">>;

/** A source of reports on this machine. */
export interface Reporter {
  /** Never rejects: a state that cannot be read is `unknown`, with the reason. */
  read(): Promise<OutgoingReport>;
  /** Calls `wake` at each change, so that it is pushed before the interval ends. */
  onChange?(wake: () => void): void;
  /** Resolves with an exit code when there is nothing more to read. */
  over?: Promise<number>;
}

/** Where to push. */
export interface Destination {
  url: URL;
  token: string;
  ttl: string;
}

/** When to push. */
export interface PushPace {
  intervalMs: number;
  /** Push only once. */
  once: boolean;
  signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 64 * 1024;
const FIRST_RETRY_MS = 1_000;
/** Attempts to push the final report of a source that has ended. */
const LAST_TRIES = 3;
const MAX_PARTS = 50;

/** The result of a push. `behind`: the API has a higher `seq`. */
type PushResult = { kind: "taken" } | { kind: "behind"; seq: number } | {
  kind: "refused";
  why: string;
  more?: unknown;
};

/**
 * Pushes until `signal` aborts (returns 0) or the source ends (returns its code). With `once` pushes a single
 * time (0 accepted, 1 not). Pushes nothing when it stops: a report without updates goes stale. Logs one line
 * per change.
 */
export async function keepPushing(
  ports: Ports,
  to: Destination,
  reporter: Reporter,
  pace: PushPace,
): Promise<number> {
  const { intervalMs, once, signal } = pace;
  const changes = changeSignal(reporter, signal);
  let seq = 0;
  let failures = 0;
  let before = "";
  while (!signal.aborted) {
    const isLast = changes.code !== undefined;
    const report = await reporter.read();
    if (signal.aborted) return once ? 1 : 0;
    // Clock time, so that `seq` keeps rising across restarts. If the clock stepped back, continue above the
    // stored `seq`.
    const put = (above: number) =>
      send(ports, to, { ...report, seq: seq = Math.max(ports.clock.now(), above + 1) });
    const first = await put(seq);
    const sent = first.kind === "behind" ? await put(first.seq) : first;
    failures = sent.kind === "taken" ? 0 : failures + 1;
    before = logChange(ports, before, report, sent);
    if (once) return failures === 0 ? 0 : 1;
    if (isLast && (failures === 0 || failures >= LAST_TRIES)) return changes.code!;
    const retryMs = Math.min(intervalMs, FIRST_RETRY_MS * 2 ** (failures - 1));
    await changes.wait(failures === 0 ? intervalMs : retryMs * (0.5 + ports.random() / 2), ports);
  }
  return 0;
}

/** Waits for the interval, a change, or the end of the source. */
function changeSignal({ onChange, over }: Reporter, signal: AbortSignal) {
  let waiting = new AbortController();
  const wake = () => waiting.abort();
  signal.addEventListener("abort", wake);
  onChange?.(wake);
  const own: { code?: number; wait(ms: number, ports: Ports): Promise<void> } = {
    async wait(ms, { clock }) {
      await pause(clock, signal.aborted ? 0 : ms, waiting.signal);
      waiting = new AbortController();
    },
  };
  over?.then((code) => {
    own.code = code;
    wake();
  });
  return own;
}

async function send(
  { clock, fetch }: Ports,
  to: Destination,
  report: OutgoingReport & { seq: number },
): Promise<PushResult> {
  const { url, token, ttl } = to;
  const headers = { "authorization": `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ ...report, ttl, at: clock.now() });
  const request = { url, method: "PUT", headers, body };
  const got = await exchange({ clock, fetch }, request, { deadlineMs: TIMEOUT_MS, capBytes: ANSWER_BYTES });
  if (got.kind === "failure") return { kind: "refused", why: got.reason, more: got.detail };
  if (got.status === 200) return { kind: "taken" };
  const problem = parseProblem(new TextDecoder().decode(got.bytes));
  if (got.status === 409 && typeof problem.seq === "number") return { kind: "behind", seq: problem.seq };
  return { kind: "refused", why: String(got.status), more: problem.detail };
}

function parseProblem(text: string): { seq?: unknown; detail?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Logs a line if the result differs from `before`; returns the current result. */
function logChange(
  { log }: Ports,
  before: string,
  { state, reason, dialect }: OutgoingReport,
  sent: PushResult,
): string {
  const why = sent.kind === "refused"
    ? sent.why
    : sent.kind === "behind"
    ? "another sender is ahead"
    : undefined;
  const now = why ? `not pushed: ${why}` : `pushed ${state}`;
  if (now === before) return now;
  if (!why) log.info("pushed", { state, dialect, reason });
  else log.warn("not pushed", { state, why, detail: sent.kind === "refused" ? sent.more : undefined });
  return now;
}

/**
 * Converts a report for pushing. A passing liveness check becomes `unknown`: it makes no claim about
 * readiness.
 */
export function outgoingReport(report: ReadReport): OutgoingReport {
  const { state, phase, reason, version, dialect, question } = report;
  if (question === "liveness" && isServing(state)) {
    return { state: "unknown", reason: "liveness: it only says that the process is alive", dialect };
  }
  const claims = report.claims.slice(0, MAX_PARTS).map(({ source, state, raw }) => ({ source, state, raw }));
  return {
    state,
    phase,
    reason,
    version,
    dialect,
    claims,
    subsystems: report.subsystems.slice(0, MAX_PARTS),
  };
}

/** The report for a state that cannot be read. */
export const outgoingUnknown = (reason: string): OutgoingReport => ({
  state: "unknown",
  reason: reason.slice(0, 300),
});
