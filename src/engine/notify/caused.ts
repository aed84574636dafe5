/**
 * Holds or drops notices of incidents that the outage of another target caused.
 *
 *     opening: outage open? -> held | over before it was sent -> dropped | outage over, still bad -> sent
 */
import type { Delivery, IncidentStore, OutboxStore, Receipt } from "../../storage/store.ts";
import { SECOND_MS } from "../../base/time.ts";
import { openingOf } from "./silencing.ts";

/** How often a held opening is checked again. */
const HELD_MS = 30 * SECOND_MS;
/** An incident still open this long after the outage has another cause. */
const AFTERMATH_MS = 90 * SECOND_MS;
const HELD = "held because of ";
/** Changes after the opening. */
const LATER: ReadonlySet<string> = new Set([
  "incident.updated",
  "incident.acknowledged",
  "incident.resolved",
]);
/** `lastError` of a notice whose incident ended while it was held. Stored and compared: do not change it. */
const OVER_WHILE_HELD = "because of another target: it was over before anybody was told";

/**
 * The receipt of a notice that its cause holds or drops, if so. Changes after a delivered opening are never
 * held.
 */
export async function applyCause(
  store: IncidentStore & OutboxStore,
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  const { attempts, type, lastError } = delivery;
  // After an attempt, or a manual retry of a dropped notice, the cause no longer matters.
  if (attempts > 0 || lastError === OVER_WHILE_HELD) return undefined;
  const incident = await store.getIncident(delivery.incident);
  if (!incident) return undefined;
  const { cause, state, episode } = incident;
  const isLater = episode > (delivery.episode ?? episode);
  const dead = { state: "dead", nextAt: nowMs, lastError: OVER_WHILE_HELD } as const;
  if (LATER.has(type)) {
    if (!cause && !isLater) return undefined;
    const opening = await openingOf(store, incident, delivery);
    return opening?.lastError === OVER_WHILE_HELD ? dead : undefined;
  }
  const wasHeld = lastError?.startsWith(HELD) || cause !== undefined && !isLater;
  if (state === "resolved" || isLater) return wasHeld ? dead : undefined;
  if (!cause) return undefined;
  const outage = await store.getIncident(cause.incident);
  const until = outage?.state === "open" ? Infinity : (outage?.resolvedAt ?? 0) + AFTERMATH_MS;
  if (nowMs >= until) return undefined;
  return {
    state: "pending",
    nextAt: Math.min(until, nowMs + HELD_MS),
    lastError: `${HELD}${cause.target} (${cause.incident})`,
  };
}
