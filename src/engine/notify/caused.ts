/**
 * What becomes of a notice whose incident comes from the outage of another target.
 *
 *     opening: outage open? -> held | over before it was sent -> dropped | outage over, still bad -> sent
 */
import type { Delivery, IncidentStore, OutboxStore, Receipt } from "../../storage/store.ts";
import { SECOND_MS } from "../../base/time.ts";
import { openingOf } from "./silencing.ts";

/** A held opening is looked at again this often. */
const HELD_MS = 30 * SECOND_MS;
/** What is still bad so long after the outage has other reasons. */
const AFTERMATH_MS = 90 * SECOND_MS;
const HELD = "held because of ";
/** Changes that go to every sink which got the opening. */
const NEWS: ReadonlySet<string> = new Set(["incident.updated", "incident.acknowledged", "incident.resolved"]);
/** Why a held notice is not sent. */
const OVER_BEFORE_TOLD = "because of another target: it was over before anybody was told";

/** What a cause makes of a notice: later, or never. Later news of a delivered opening is never held. */
export async function applyCause(
  store: IncidentStore & OutboxStore,
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  const { attempts, type, lastError } = delivery;
  // It was tried, or dropped and somebody asks for it.
  if (attempts > 0 || lastError === OVER_BEFORE_TOLD) return undefined;
  const incident = await store.getIncident(delivery.incident);
  if (!incident) return undefined;
  const { cause, state, episode } = incident;
  const isLater = episode > (delivery.episode ?? episode);
  const dead = { state: "dead", nextAt: nowMs, lastError: OVER_BEFORE_TOLD } as const;
  if (NEWS.has(type)) {
    if (!cause && !isLater) return undefined;
    const opening = await openingOf(store, incident, delivery);
    return opening?.lastError === OVER_BEFORE_TOLD ? dead : undefined;
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
