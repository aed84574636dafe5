/** What follows from one attempt: a table over answers, and the schedule of Standard Webhooks 1.0.0. */
import type { Random } from "../../base/ports.ts";
import type { Delivery, Receipt } from "../../storage/store.ts";
import type { SinkAnswer } from "./sink.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../base/time.ts";

/** The wait before each try, ms. */
const SCHEDULE = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  DAY_MS,
];

/** With all tries made a notice is dead, but not before so long: tries that are brought forward must not use it up. */
const LIFE_MS = 0.9 * SCHEDULE.reduce((sum, wait) => sum + wait);

/** Why a notice is dead: the receiver said 410 or would not have it, no tries are left, or its webhook gets nothing (any more). */
export type DeadReason = "gone" | "rejected" | "exhausted" | "removed" | "disabled";

/** What follows from each kind of answer: `null` is another try. */
const DEATH_OF = {
  deferred: null,
  unanswered: null,
  rejected: "rejected",
  gone: "gone",
} as const;

/** The receipt of one attempt that began at `beganMs` and ended at `nowMs` (epoch ms). */
export function receiptOf(
  delivery: Delivery,
  answer: SinkAnswer,
  { beganMs, nowMs, random }: { beganMs: number; nowMs: number; random: Random },
): Receipt & { death?: DeadReason } {
  const attempts = delivery.attempts + 1;
  const base = { attempts, nextAt: nowMs, lastAttemptAt: beganMs, lastStatus: answer.status };
  if (answer.kind === "delivered") return { ...base, state: "delivered" };
  const why = describeFailure(delivery, answer);
  const isOver = nowMs - delivery.createdAt >= LIFE_MS && attempts >= SCHEDULE.length;
  const death = DEATH_OF[answer.kind] ?? (isOver ? "exhausted" : undefined);
  if (death) return { ...base, state: "dead", lastError: `${death}: ${why}`, death };
  const wait = SCHEDULE[attempts] ?? DAY_MS;
  const asked = Math.min(answer.retryAfterMs ?? 0, DAY_MS);
  const jittered = Math.round(wait * (0.9 + 0.2 * random()));
  return { ...base, state: "pending", nextAt: nowMs + Math.max(jittered, asked), lastError: why };
}

/** One line of text as every store takes it. */
function describeFailure({ webhook }: Delivery, { receiver, detail = "not delivered" }: SinkAnswer): string {
  const who = receiver ? `webhook ${webhook} (${receiver})` : `webhook ${webhook}`;
  return `${who}: ${detail}`.replace(/\p{Cc}+/gu, " ").toWellFormed();
}

/** The receipt of a notice that is not sent, because its webhook gets nothing. */
export function deadReceipt(delivery: Delivery, death: "removed" | "disabled", nowMs: number): Receipt {
  const { attempts, lastAttemptAt, lastStatus, webhook } = delivery;
  const why = { removed: "is no longer in the configuration", disabled: "is disabled since it answered 410" };
  const lastError = `${death}: webhook ${webhook} ${why[death]}`;
  return { state: "dead", attempts, nextAt: nowMs, lastAttemptAt, lastStatus, lastError };
}
