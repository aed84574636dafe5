/** Asks the probers of a slot for their rounds, under one deadline. */
import type { Check, Config } from "../../config/config.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { maxRoundMs } from "../prober/round.ts";
import type { StateCache } from "./state_cache.ts";
import type { Log, Ports } from "../../base/ports.ts";
import type { Brought, Prober, ProberReply, RoundResult } from "../../judgement/round.ts";
import { messageOf } from "../../base/error_message.ts";

/** A slot is given up this long after it began; what was not walked by then is missing. */
const SLOT_MS = 50_000;

/** A slot that is begun late still gets this much: a healthy journey must not be missing for our own delay. */
const LATE_MS = 5_000;

/** What a prober gets on top of the deadline to bring its answers home. */
const GRACE_MS = 3_000;

/** How long a slot waits for its probers; under a minute only as long as its checks can take, to stay fresh. */
function slotTimeoutMs(checks: Check[], slot: number, concurrency: number): number {
  const [{ schedule }] = checks as [Check, ...Check[]];
  if (!("everyMs" in schedule) || schedule.everyMs >= MINUTE_MS) return SLOT_MS;
  const longest = Math.max(...checks.map((check) => maxRoundMs(check, slot)));
  return Math.min(SLOT_MS, Math.max(schedule.everyMs, longest * Math.ceil(checks.length / concurrency)));
}

/** What the probers brought for one check, by prober. */
export type Arrivals = Map<string, Brought>;

/** Who is asked, and by what. */
export interface GatherOptions {
  ports: Ports;
  config: Config;
  /** One for each prober of the config. */
  probers: readonly Prober[];
}

/** Asks every prober at once. None can hold the slot up, and each silent one is named. */
export async function gather(
  { ports, config, probers }: GatherOptions,
  slot: number,
  checks: Check[],
  cache: StateCache,
): Promise<Map<string, Arrivals>> {
  if (checks.length === 0) return new Map();
  const limitMs = slotTimeoutMs(checks, slot, config.concurrency);
  const deadlineMs = Math.max(
    Math.min(LATE_MS, limitMs),
    Math.min(limitMs, slot + limitMs - ports.clock.now()),
  );
  const byCheck = new Map(checks.map((check) => [check.key, new Map<string, Brought>()]));
  const byId = new Map(probers.map((prober) => [prober.id, prober]));
  const ids = config.regions.flatMap((region) => region.probers.map(({ id }) => id));
  await Promise.all(ids.map(async (prober) => {
    const request = { slot, checks: cache.oldestFirst(checks, prober), deadlineMs };
    const reply = await askProber(ports, byId.get(prober), request);
    const answers = new Map("missed" in reply ? [] : reply.answers.map((answer) => [answer.check, answer]));
    const asked = { prober, slot };
    const arrived = checks.map((check) => arrivalOf(reply, answers.get(check.key), check, asked));
    for (const [i, check] of checks.entries()) byCheck.get(check.key)!.set(prober, arrived[i]!);
    logMissing(ports.log, reply, arrived, asked);
  }));
  return byCheck;
}

/** Who was asked, and for which slot. */
interface Asked {
  prober: string;
  slot: number;
}

/** Logs, once a slot, each prober that answered fewer checks than it was asked for. */
function logMissing(
  log: Log,
  reply: ProberReply | { missed: string },
  arrived: Brought[],
  { prober, slot }: Asked,
) {
  if ("missed" in reply) return log.warn("a prober is missing", { prober, slot, reason: reply.missed });
  if (reply.suspect) log.warn("a prober is suspect: none of its controls answers", { prober, slot });
  if (reply.misplaced) log.warn("a prober is misplaced", { prober, slot, place: reply.place });
  const missed = arrived.flatMap((one) => "missed" in one ? one.missed : []);
  if (missed.length === 0) return;
  const reasons = Object.fromEntries(
    [...Map.groupBy(missed, (reason) => reason)].map(([reason, all]) => [reason, all.length]),
  );
  log.warn("a prober could not walk every check", { prober, slot, reasons });
}

async function askProber(
  { clock, secrets }: Ports,
  prober: Prober | undefined,
  request: { slot: number; checks: Check[]; deadlineMs: number },
): Promise<ProberReply | { missed: string }> {
  if (!prober) return { missed: "not started" };
  let disarm = () => {};
  const late = new Promise<{ missed: string }>((resolve) => {
    disarm = clock.after(request.deadlineMs + GRACE_MS, () => resolve({ missed: "timeout" }));
  });
  const reply = prober.ask(request).catch((error) => ({ missed: secrets.redact(messageOf(error)) }));
  return await Promise.race([reply, late]).finally(disarm);
}

/** A reply is believed only for the prober, the slot and the very check that were asked for. */
function arrivalOf(
  reply: ProberReply | { missed: string },
  answer: RoundResult | undefined,
  check: Check,
  { prober, slot }: Asked,
): Brought {
  if ("missed" in reply) return reply;
  if (reply.prober !== prober) return { missed: `answered as ${reply.prober}` };
  if (reply.slot !== slot) return { missed: "answered for another slot" };
  if (!answer) return { missed: "not in the answer" };
  if ("missed" in answer) return answer;
  if (answer.digest !== check.digest) return { missed: "digest" };
  const { place } = reply;
  if (reply.suspect) return { round: answer.round, place, fault: "suspect" };
  if (reply.misplaced) return { round: answer.round, place, fault: "misplaced" };
  return { round: answer.round, place };
}
