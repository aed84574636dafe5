/** The scripted network of the month: the answers and latencies of each service in each region. */
import type { Answer, Fetch } from "../../src/base/ports.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { chanceOf } from "../simulate/chance.ts";
import type { VirtualClock } from "../simulate/clock.ts";
import { plainAnswer } from "../simulate/network.ts";
import { REGIONS, type Service, SERVICES, type Trouble, TROUBLES } from "./services.ts";

const SLOW_MS = 1_700;
const PART_DOWN = { status: "DOWN", components: { queue: { status: "DOWN" }, database: { status: "UP" } } };

/** The network as one region sees it; `endMs` is the end of the month, epoch ms. */
export function monthFetch(clock: VirtualClock, endMs: number, region: string): Fetch {
  let count = 0;
  return async (url) => {
    const service = SERVICES.find(({ id }) => url.hostname === `${id}.example`);
    if (!service) return answer(200, {}, { firstByteMs: REGIONS[region]! });
    const [, check = ""] = url.pathname.split("/");
    const moods = TROUBLES.filter((trouble) =>
      isHit(trouble, { service, check, region, ago: endMs - clock.now() })
    );
    const isReport = check === "readyz";
    const chance = chanceOf(SERVICES.indexOf(service), clock.now(), REGIONS[region]!, count++);
    const firstByteMs = tookMs(service, region, { at: clock.now(), chance }) +
      (!isReport && moods.some(({ mood }) => mood === "slow") ? SLOW_MS : 0);
    await new Promise<void>((resolve) => clock.after(firstByteMs, resolve));
    const mood = moods[0]?.mood;
    if (mood === "down") throw new Error("connection refused");
    const trace = { dnsMs: 1, connectMs: REGIONS[region]! / 3, tlsMs: REGIONS[region]! / 2, firstByteMs };
    if (isReport) return reportOf(mood, trace);
    if (mood === "drift") return answer(200, { state: "pending", detail: "worker lag 41 s" }, trace);
    if (mood === "honest") return answer(503, { error: "queue is not connected" }, trace);
    return answer(200, { state: "accepted", id: `${service.id}_${count}` }, trace);
  };
}

function reportOf(mood: Trouble["mood"] | undefined, trace: Partial<Answer["trace"]>) {
  if (mood === "silent") return answer(404, { error: "no such page" }, trace);
  return mood === "honest" ? answer(503, PART_DOWN, trace) : answer(
    200,
    { status: "UP", components: { queue: { status: "UP" }, database: { status: "UP" } } },
    trace,
  );
}

function isHit(
  { service: id, mood, ago: beganAgo, lastMs = beganAgo, checks, regions }: Trouble,
  { service, check, region, ago }: { service: Service; check: string; region: string; ago: number },
): boolean {
  const isReport = check === "readyz";
  if (id !== service.id || ago > beganAgo || ago <= beganAgo - lastMs) return false;
  if (regions && !regions.includes(region)) return false;
  // The report does not show drift and slowness; a whole outage takes it down too.
  if (isReport) return mood !== "drift" && mood !== "slow";
  return mood !== "silent" && (checks?.includes(check) ?? true);
}

/** Latency with a daily cycle and a long tail, ms. */
function tookMs({ baseMs }: Service, region: string, { at, chance }: { at: number; chance: number }): number {
  const day = 1 + 0.35 * Math.sin((at / (24 * 60 * MINUTE_MS)) * 2 * Math.PI);
  const tail = chance > 0.97 ? 4 : 1;
  return Math.round((baseMs * day + REGIONS[region]!) * (0.8 + 0.4 * chance) * tail);
}

const encoder = new TextEncoder();
const answer = (status: number, body: unknown, trace: Partial<Answer["trace"]>): Answer =>
  plainAnswer(status, encoder.encode(JSON.stringify(body)), { requests: 1, ...trace });
