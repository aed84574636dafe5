/** What follows from one attempt: a table over status codes, and the schedule of Standard Webhooks 1.0.0. */
import type { Random } from "../../base/ports.ts";
import type { Delivery, Receipt } from "../../storage/store.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The wait before each try, ms. */
const SCHEDULE = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** With all tries made a notice is dead, but not before so long: tries that are brought forward must not use it up. */
const LIFE_MS = 0.9 * SCHEDULE.reduce((sum, wait) => sum + wait);

/** Of 4xx, what says "not now". Any other says "never": the same request would be answered the same. */
const NOT_NOW = new Set([408, 409, 425, 429]);

/** What came back: an HTTP status, or one clear line (free of secrets) on why nothing did. */
export type WebhookReply =
  | { kind: "answer"; status: number; retryAfter: string | null }
  | { kind: "failure"; detail: string };

/** Why a notice is dead: the receiver said 410 or would not have it, no tries are left, or its webhook gets nothing (any more). */
export type DeadReason = "gone" | "rejected" | "exhausted" | "removed" | "disabled";

/** The receipt of one attempt that began at `beganMs` and ended at `nowMs` (epoch ms). `name` is how errors call the webhook. */
export function receiptOf(
  delivery: Delivery,
  answer: WebhookReply,
  { beganMs, nowMs, random, name }: { beganMs: number; nowMs: number; random: Random; name: string },
): Receipt & { death?: DeadReason } {
  const attempts = delivery.attempts + 1;
  const lastStatus = answer.kind === "answer" ? answer.status : undefined;
  const base = { attempts, nextAt: nowMs, lastAttemptAt: beganMs, lastStatus };
  if (isWithin(lastStatus, 200)) return { ...base, state: "delivered" };
  const why = oneLine(`${name}: ${answer.kind === "answer" ? `answered ${answer.status}` : answer.detail}`);
  const dead = (
    death: DeadReason,
  ) => ({ ...base, state: "dead", lastError: `${death}: ${why}`, death } as const);
  if (lastStatus === 410) return dead("gone");
  if (isWithin(lastStatus, 400) && !NOT_NOW.has(lastStatus)) return dead("rejected");
  const isOver = nowMs - delivery.createdAt >= LIFE_MS;
  if (isOver && attempts >= SCHEDULE.length) return dead("exhausted");
  const wait = SCHEDULE[attempts] ?? DAY;
  const asked = answer.kind === "answer" ? retryAfterMs(answer.retryAfter, nowMs) : 0;
  const jittered = Math.round(wait * (0.9 + 0.2 * random()));
  return { ...base, state: "pending", nextAt: nowMs + Math.max(jittered, asked), lastError: why };
}

const isWithin = (status: number | undefined, hundred: number): status is number =>
  status !== undefined && status >= hundred && status < hundred + 100;

/** One line of text as every store takes it. */
const oneLine = (text: string) => text.replace(/\p{Cc}+/gu, " ").toWellFormed();

/** RFC 9110 section 10.2.3: seconds or a date; in ms from now, at most a day, 0 if there is none. */
function retryAfterMs(retryAfter: string | null, nowMs: number): number {
  const text = retryAfter?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), DAY);
}

/** The receipt of a notice that is not sent, because its webhook gets nothing. */
export function deadReceipt(delivery: Delivery, death: "removed" | "disabled", nowMs: number): Receipt {
  const { attempts, lastAttemptAt, lastStatus, webhook } = delivery;
  const why = { removed: "is no longer in the configuration", disabled: "is disabled since it answered 410" };
  const lastError = `${death}: webhook ${webhook} ${why[death]}`;
  return { state: "dead", attempts, nextAt: nowMs, lastAttemptAt, lastStatus, lastError };
}
