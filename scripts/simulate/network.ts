/** The scripted network: the result of each request of each prober, from the events of a run. */
import type { Answer, AnswerHeaders, Fetch, FetchOptions } from "../../src/base/ports.ts";
import { chanceOf } from "./chance.ts";
import type { VirtualClock } from "./clock.ts";
import type { Event, ServiceMood, Tape } from "./tape.ts";

/**
 * The hosts of the controls and the service, and the service's paths for its report, its config revision and
 * payments.
 */
export const [CONTROL_HOST, SERVICE_HOST, REPORT_PATH, REVISION_PATH, PAYMENTS_PATH] = [
  "up.example",
  "shop.example",
  "/readyz",
  "/read",
  "/payments",
];

/** The result of a request. */
export type Reply =
  | { status: number; claim?: "up" | "starting" | "draining" | "down"; revision?: number }
  | "reset"
  | "hang";

/** The events of one kind that are active at an instant (ms after the start). */
export type EventsAt = <K extends Event["kind"]>(kind: K, at: number) => Extract<Event, { kind: K }>[];

/** Indexes the events of a tape by kind. */
export function eventsAt({ events }: Pick<Tape, "events">): EventsAt {
  const byKind = new Map<string, Event[]>();
  for (const event of events) byKind.set(event.kind, [...byKind.get(event.kind) ?? [], event]);
  return <K extends Event["kind"]>(kind: K, at: number) =>
    (byKind.get(kind) ?? []).filter(({ from, until }) => from <= at && at < until) as Extract<
      Event,
      { kind: K }
    >[];
}

/** One request of a prober; `count` numbers its requests from 0. */
export interface ProberRequest {
  prober: number;
  region: number;
  host: string;
  path: string;
  count: number;
}

/** What the service reports in each mood; `up` in all others. */
const CLAIMS: Partial<Record<ServiceMood, "starting" | "draining" | "down">> = {
  starting: "starting",
  draining: "draining",
  wrong: "down",
};

function inMood(mood: ServiceMood | undefined, isReport: boolean): Reply {
  if (mood === "down") return "reset";
  const claim = (mood && CLAIMS[mood]) ?? "up";
  if (isReport) return { status: claim === "up" ? 200 : 503, claim };
  if (mood === "hangs") return "hang";
  return { status: mood === undefined || mood === "slow" ? 200 : 500 };
}

/** The result of one request at an instant (ms after the start). Equal requests get equal results. */
export function replyOf(
  { seed, on }: { seed: number; on: EventsAt },
  at: number,
  { prober, region, host, path, count }: ProberRequest,
): Reply {
  const isHit = (share: number, salt: number) =>
    share >= 1 || chanceOf(seed, at, prober, count, salt) < share;
  if (on("offline", at).some((event) => event.prober === prober)) return "reset";
  if (host === CONTROL_HOST) return { status: 200 };
  const isLost = on("loss", at).some((event) => (event.prober ?? prober) === prober && isHit(event.share, 1));
  if (isLost) return "reset";
  const mood = on("service", at).find((event) =>
    (event.region ?? region) === region && (!event.check || path.startsWith(PAYMENTS_PATH)) &&
    isHit(event.share ?? 1, 2)
  )?.mood;
  const reply = inMood(mood, path.endsWith(REPORT_PATH));
  const revision = path === REVISION_PATH ? revisionAt(on, at, region) : undefined;
  return typeof reply === "string" || revision === undefined ? reply : { ...reply, revision };
}

/** The config revision in a region; undefined before any rollout. */
function revisionAt(on: EventsAt, at: number, region: number): number | undefined {
  const own = on("rollout", at).filter((event) => (event.region ?? region) === region);
  return own.length > 0 ? Math.max(...own.map(({ revision }) => revision)) : undefined;
}

const NO_HEADERS: AnswerHeaders = {
  get: () => null,
  has: () => false,
  getSetCookie: () => [],
  [Symbol.iterator]: () => [][Symbol.iterator](),
};
const JSON_HEADERS: AnswerHeaders = {
  get: (name) => name === "content-type" ? "application/json" : null,
  has: (name) => name === "content-type",
  getSetCookie: () => [],
  [Symbol.iterator]: () => [["content-type", "application/json"] as [string, string]][Symbol.iterator](),
};
const TRACE = { requests: 1 };
const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const BODIES = Object.fromEntries(
  ["up", "starting", "draining", "down"].map((
    status,
  ) => [status, encoder.encode(JSON.stringify({ status }))]),
);

/** An answer without a runtime Response, for speed. A body is JSON. */
export const plainAnswer = (status: number, bytes = EMPTY, trace: Answer["trace"] = TRACE): Answer => ({
  status,
  headers: bytes === EMPTY ? NO_HEADERS : JSON_HEADERS,
  trace,
  read: () => Promise.resolve({ bytes, truncated: false }),
  drop: () => {},
});

/** The answer for a reply with a status. */
export function answerFor({ status, claim, revision }: Exclude<Reply, string>): Answer {
  if (claim) return plainAnswer(status, BODIES[claim]);
  return plainAnswer(status, revision === undefined ? EMPTY : encoder.encode(JSON.stringify({ revision })));
}

/** Never answers; rejects when `signal` aborts. */
export const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** The network as one prober sees it. Calls `onRequest` for each request to the service. */
export function proberFetch(
  { tape: { seed }, on, clock, startMs, onRequest }: {
    tape: Tape;
    on: EventsAt;
    clock: VirtualClock;
    startMs: number;
    onRequest?: () => void;
  },
  { prober, region }: Pick<ProberRequest, "prober" | "region">,
): Fetch {
  let count = 0;
  return async ({ host, pathname: path }, { signal }: FetchOptions) => {
    const at = clock.now() - startMs;
    if (host === SERVICE_HOST) onRequest?.();
    const reply = replyOf({ seed, on }, at, { prober, region, host, path, count: count++ });
    const slow = on("slow path", at).find((event) => event.prober === prober)?.ms ??
      (on("service", at).some(({ mood }) => mood === "slow") ? 3_000 : 0);
    if (slow > 0) await new Promise<void>((resolve) => clock.after(slow, resolve));
    if (reply === "hang") return await hang(signal);
    if (reply === "reset") throw new Error("connection reset");
    return answerFor(reply);
  };
}
