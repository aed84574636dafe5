/** Asks probers for their rounds and reports each check's result as it comes. */
import { missing } from "../../judgement/missed_reasons.ts";
import type { Check, Config } from "../../config/config.ts";
import { type Room, walkMs } from "../../config/phases.ts";
import { WALK_MS } from "../../config/schedule.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { maxRoundMs } from "../../config/round_time.ts";
import type { StateCache } from "./state_cache.ts";
import type { Log, Ports } from "../../base/ports.ts";
import type {
  Brought,
  OnAnswer,
  Prober,
  ProberReply,
  ProberRequest,
  RoundResult,
  Walk,
} from "../../judgement/round.ts";
import { messageOf } from "../../base/error_message.ts";

/** The minimum (ms) for a walk that begins late: our own delay must not make a healthy journey missing. */
export const LATE_MS = 5_000;

/** Time (ms) after the deadline in which a prober may deliver its answers. */
export const GRACE_MS = 3_000;

/**
 * How long (ms) a walk may last. For periods under a minute it is only as long as its checks can take, so
 * that results stay fresh.
 */
function walkTimeoutMs(checks: readonly Check[], slot: number, room: Room): number {
  const [{ schedule }] = checks as [Check, ...Check[]];
  if (!("everyMs" in schedule) || schedule.everyMs >= MINUTE_MS) return WALK_MS;
  const longest = Math.max(...checks.map((check) => maxRoundMs(check, slot)));
  const rows = Math.ceil(walkMs(checks, room, () => 1));
  return Math.min(WALK_MS, Math.max(schedule.everyMs, longest * rows));
}

/** One prober's request for some checks of one lane. */
export interface ProberAsk {
  prober: string;
  walk: Walk;
  checks: readonly Check[];
}

export interface GatherOptions {
  ports: Ports;
  config: Config;
  /** One for each prober of the config. */
  probers: readonly Prober[];
}

/**
 * Sends every ask at once and calls `arrive` once for each of its checks. Probers do not delay each other,
 * and each silent one is logged.
 */
export async function gather(
  { ports, config, probers }: GatherOptions,
  asks: readonly ProberAsk[],
  cache: Pick<StateCache, "oldestFirst">,
  arrive: (ask: ProberAsk, check: Check, brought: Brought) => void,
): Promise<void> {
  const byId = new Map(probers.map((prober) => [prober.id, prober]));
  await Promise.all(asks.map(async (ask) => {
    const { prober, walk: { slot, at }, checks } = ask;
    const limitMs = walkTimeoutMs(checks, slot, config);
    const deadlineMs = Math.max(
      Math.min(LATE_MS, limitMs),
      Math.min(limitMs, at + limitMs - ports.clock.now()),
    );
    const request = { slot, at, checks: cache.oldestFirst(checks, prober), deadlineMs };
    const open = new Map(checks.map((check) => [check.key, check]));
    const all: Brought[] = [];
    const bring = (check: Check, brought: Brought) => {
      if (!open.delete(check.key)) return;
      all.push(brought);
      arrive(ask, check, brought);
    };
    const reply = await askProber(ports, byId.get(prober), request, (answer, about) => {
      const check = open.get(answer.check);
      if (check) bring(check, broughtBy(about, answer, check, ask));
    });
    if (open.size > 0) {
      const answers = new Map("missed" in reply ? [] : reply.answers.map((answer) => [answer.check, answer]));
      for (const check of [...open.values()]) {
        bring(check, broughtBy(reply, answers.get(check.key), check, ask));
      }
    }
    logMissing(ports.log, reply, all, { prober, slot });
  }));
}

interface Asked {
  prober: string;
  slot: number;
}

/** Logs, once a slot, why a prober answered fewer checks than it was asked for. */
function logMissing(
  log: Log,
  reply: ProberReply | { missed: string },
  brought: Brought[],
  { prober, slot }: Asked,
) {
  if ("missed" in reply) return log.warn("a prober is missing", { prober, slot, reason: reply.missed });
  if (reply.suspect) log.warn("a prober is suspect: none of its controls answers", { prober, slot });
  if (reply.misplaced) log.warn("a prober is misplaced", { prober, slot, place: reply.place });
  const missed = brought.flatMap((one) => "missed" in one ? one.missed : []);
  if (missed.length === 0) return;
  const reasons = Object.fromEntries(
    [...Map.groupBy(missed, (reason) => reason)].map(([reason, all]) => [reason, all.length]),
  );
  log.warn("a prober could not walk every check", { prober, slot, reasons });
}

async function askProber(
  { clock, secrets }: Ports,
  prober: Prober | undefined,
  request: ProberRequest,
  onAnswer: OnAnswer,
): Promise<ProberReply | { missed: string }> {
  if (!prober) return missing("not started");
  let disarm = () => {};
  const late = new Promise<{ missed: string }>((resolve) => {
    disarm = clock.after(request.deadlineMs + GRACE_MS, () => resolve(missing("timeout")));
  });
  const reply = prober.ask(request, onAnswer).catch((error) => ({
    missed: secrets.redact(messageOf(error)),
  }));
  return await Promise.race([reply, late]).finally(disarm);
}

/** Accepts a reply only for the prober, slot and check digest that were asked for. */
function broughtBy(
  reply: Omit<ProberReply, "answers"> | { missed: string },
  answer: RoundResult | undefined,
  check: Check,
  { prober, walk: { slot } }: ProberAsk,
): Brought {
  if ("missed" in reply) return reply;
  if (reply.prober !== prober) return missing("answered as another prober");
  if (reply.slot !== slot) return missing("answered for another slot");
  if (!answer) return missing("not in the answer");
  if ("missed" in answer) return { missed: answer.missed };
  if (answer.digest !== check.digest) return missing("digest");
  const { place } = reply;
  if (reply.suspect) return { round: answer.round, place, fault: "suspect" };
  if (reply.misplaced) return { round: answer.round, place, fault: "misplaced" };
  return { round: answer.round, place };
}
