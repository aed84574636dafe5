/** The retry policy: turns a sink's answer into a receipt. */
import type { Random } from "../../base/ports.ts";
import type { Delivery, Receipt } from "../../storage/store.ts";
import type { SinkAnswer } from "./sink.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../base/time.ts";

/**
 * The wait before each attempt, ms: retries 5, 15, 30 s, 1, 2, 5, 15 min after the first, and so on for three
 * days.
 */
const SCHEDULE = [
  0,
  ...[5, 10, 15, 30].map((s) => s * SECOND_MS),
  ...[1, 3, 10, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 8, 12, 12, 12, 12].map((hours) => hours * HOUR_MS),
];

/** Minimum age of an exhausted notice, because retries that are brought forward must not use it up early. */
const LIFE_MS = 0.9 * SCHEDULE.reduce((sum, wait) => sum + wait);

/**
 * Why a notice is dead. `gone`: the receiver answered 410. `rejected`: a permanent refusal. `exhausted`: no
 * attempts left. `removed`, `disabled`: state of its webhook. `replaced`: superseded by a newer notice.
 * `moot`: the receiver never heard of the incident. `late`: the incident is over or acknowledged.
 */
export type DeadReason =
  | "gone"
  | "rejected"
  | "exhausted"
  | "removed"
  | "disabled"
  | "replaced"
  | "moot"
  | "late";

/** The outcome of each kind of answer; `null` means retry. */
const DEATH_OF = {
  deferred: null,
  unanswered: null,
  rejected: "rejected",
  gone: "gone",
} as const;

/**
 * The receipt of an attempt that began at `beganMs` and ended at `nowMs` (epoch ms). Retries are jittered by
 * 10 %.
 */
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
  const wait = SCHEDULE[attempts] ?? SCHEDULE.at(-1)!;
  const asked = Math.min(answer.retryAfterMs ?? 0, DAY_MS);
  const jittered = Math.round(wait * (0.9 + 0.2 * random()));
  return { ...base, state: "pending", nextAt: nowMs + Math.max(jittered, asked), lastError: why };
}

/** One line of well-formed text, as every store accepts it. */
function describeFailure({ webhook }: Delivery, { receiver, detail = "not delivered" }: SinkAnswer): string {
  const who = receiver ? `webhook ${webhook} (${receiver})` : `webhook ${webhook}`;
  return `${who}: ${detail}`.replace(/\p{Cc}+/gu, " ").toWellFormed();
}

const UNSENT = {
  removed: "is no longer in the configuration",
  disabled: "is disabled since it answered 410",
  replaced: "has a newer notice of this incident",
  late: "needs no notice of an incident that is over or acknowledged",
  moot: "was never notified of the incident, which is over",
};

/** The receipt of a notice that is not sent. */
export function deadReceipt(delivery: Delivery, death: keyof typeof UNSENT, nowMs: number): Receipt {
  const { attempts, lastAttemptAt, lastStatus, webhook } = delivery;
  const lastError = `${death}: webhook ${webhook} ${UNSENT[death]}`;
  return { state: "dead", attempts, nextAt: nowMs, lastAttemptAt, lastStatus, lastError };
}

/** The receipt of a reminder timer that has written its reminder. */
export const doneReceipt = ({ attempts }: Delivery, nowMs: number): Receipt => ({
  state: "delivered",
  attempts,
  nextAt: nowMs,
});

/** The receipt of a delivered notice that is due again after `afterMs`. */
export function repeatReceipt(receipt: Receipt, afterMs: number): Receipt {
  return {
    ...receipt,
    state: "pending",
    attempts: 0,
    nextAt: receipt.nextAt + afterMs,
    lastError: undefined,
  };
}
