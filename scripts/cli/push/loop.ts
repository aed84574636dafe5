/**
 * Looks, pushes, waits, and so on: a claim is never sent twice, it is always read anew.
 *
 *     look -> PUT -> taken: wait the interval | refused or unreached: wait longer each time -> look
 */
import { exchange } from "../../../src/base/http/client.ts";
import { pause, type Ports } from "../../../src/base/ports.ts";
import { isServing } from "../../../src/evidence/report/merge.ts";
import type { ReadReport, Report } from "../../../src/evidence/report/mod.ts";

/** What something says of itself, as the API takes it. */
export type OutgoingReport =
  & Pick<Report, "state" | "phase" | "reason" | "version">
  & Partial<Pick<Report, "dialect" | "claims" | "subsystems">>;

/** Something that can be looked at. */
export interface Reporter {
  /** Never rejects: what cannot be looked at is `unknown`, with the reason. */
  read(): Promise<OutgoingReport>;
  /** Calls `tell` at each change, so that it need not wait for the interval. */
  onChange?(tell: () => void): void;
  /** Resolves with an exit code when there is nothing more to look at. */
  over?: Promise<number>;
}

/** Where reports go. */
export interface Destination {
  url: URL;
  token: string;
  ttl: string;
}

/** How often. */
export interface PushPace {
  intervalMs: number;
  /** One push, and no more. */
  once: boolean;
  signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES = 64 * 1024;
const FIRST_RETRY_MS = 1_000;
/** Tries at the last word of what is over. */
const LAST_TRIES = 3;
const MAX_PARTS = 50;

/** What became of a push. */
type PushResult = { kind: "taken" } | { kind: "behind"; seq: number } | {
  kind: "refused";
  why: string;
  more?: unknown;
};

/**
 * Pushes until `signal` aborts (0) or the thing is over (its code); with `once` a single time (0 taken, 1 not). It says nothing when it
 * stops: a report without updates goes stale. Logs each change in one line.
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
    // By the clock, so that a restart goes on above; where the clock stepped back, above what is kept.
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

/** Waits for the interval, or for news. */
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

/** One line per change; answers what it was about. */
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

/** A report that was read here, as it is pushed. A process that lives is no claim that it is ready. */
export function outgoingReport(report: ReadReport): OutgoingReport {
  const { state, phase, reason, version, dialect, question } = report;
  if (question === "liveness" && isServing(state)) {
    return { state: "unknown", reason: "liveness: it only says that a process lives", dialect };
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

/** What is said of something that cannot be looked at. */
export const outgoingUnknown = (reason: string): OutgoingReport => ({
  state: "unknown",
  reason: reason.slice(0, 300),
});
