/** Drops superseded notices: a receiver that keeps one state per incident needs only the newest. */
import type { Ports } from "../../base/ports.ts";
import type { Delivery, OutboxStore, RecordStore } from "../../storage/store.ts";
import type { GroupingModule } from "./grouping.ts";
import { REMINDER } from "./reminder.ts";
import { deadReceipt } from "./retry.ts";

/** How many notices one query scans. */
const MAX_SCANNED = 500;

const ACKNOWLEDGED = "incident.acknowledged";

/** A notice that need not be sent, and why. */
export interface Dropped {
  delivery: Delivery;
  death: "replaced" | "moot";
}

/**
 * Of a webhook's pending notices (oldest first), those that need not be sent: notices that a newer one
 * replaces, and a resolution whose opening was never announced. `isUnderWay`: being sent, so no longer
 * droppable. `wasNotified`: a notice of the incident was delivered before.
 */
export function dropped(
  pending: readonly Delivery[],
  { isUnderWay, wasNotified }: { isUnderWay(id: string): boolean; wasNotified(incident: string): boolean },
): Dropped[] {
  const byIncident = Map.groupBy(pending, ({ incident }) => incident);
  return [...byIncident.values()].flatMap((deliveries) => {
    // An acknowledgement replaces nothing: without the opening before it, the receiver would not know the
    // incident.
    const at = deliveries.findLastIndex(({ type }) => type !== ACKNOWLEDGED);
    const last = deliveries.at(-1)!;
    const newest = deliveries[at] ?? last;
    const older = deliveries.filter((delivery, i) =>
      !isUnderWay(delivery.id) && (i < at || delivery !== last && isRepeated(delivery))
    );
    const isAlone = older.length === deliveries.length - 1 && older.length > 0;
    const wasTried = deliveries.some(mayHaveArrived);
    const isMoot = newest.type === "incident.resolved" && isAlone && !wasTried &&
      !deliveries.some(isRepeated) &&
      !isUnderWay(newest.id) &&
      !wasNotified(newest.incident);
    return [
      ...older.map((delivery) => ({ delivery, death: "replaced" as const })),
      ...(isMoot ? [{ delivery: newest, death: "moot" as const }] : []),
    ];
  });
}

/** Whether an attempt may have arrived: any but one answered with 4xx. */
const mayHaveArrived = ({ attempts, lastStatus }: Delivery) =>
  attempts > 0 && !(lastStatus !== undefined && lastStatus >= 400 && lastStatus < 500);

/** Whether a notice was delivered and is pending only to be repeated. */
const isRepeated = ({ attempts, lastAttemptAt, lastError }: Delivery) =>
  attempts === 0 && lastAttemptAt !== undefined && lastError === undefined;

/** The outbox that is cleaned. */
interface DropContext {
  ports: Ports;
  store: OutboxStore & RecordStore;
  grouping?: GroupingModule;
}

/** Drops unneeded notices of these webhooks in the store, and logs each. */
export async function dropUnneeded(
  { ports: { clock, log }, store, grouping }: DropContext,
  webhooks: ReadonlySet<string>,
  isUnderWay: (id: string) => boolean,
): Promise<void> {
  const { items } = await store.listDeliveries({ state: "pending", limit: MAX_SCANNED });
  const nowMs = clock.now();
  // A notice scheduled for later exempts its incident: it neither replaces nor is replaced.
  const later = new Set(
    items.filter(({ createdAt }) => createdAt > nowMs).map(({ webhook, incident }) =>
      `${webhook}/${incident}`
    ),
  );
  const present = items.filter(({ webhook, incident, type }) =>
    type !== REMINDER && !later.has(`${webhook}/${incident}`)
  );
  const own = Map.groupBy(present.toReversed(), ({ webhook }) => webhook);
  for (const webhook of webhooks) {
    const pending = own.get(webhook) ?? [];
    const notified = await notifiedOf({ store, grouping }, webhook, pending);
    const wasNotified = (id: string) => notified.has(id);
    for (const { delivery, death } of dropped(pending, { isUnderWay, wasNotified })) {
      const dead = deadReceipt(delivery, death, clock.now());
      const receipt = isRepeated(delivery)
        ? { ...dead, state: "delivered" as const, lastError: undefined }
        : dead;
      await store.recordAttempt(delivery.id, receipt);
      log.info("notice dropped", { notice: delivery.id, webhook, reason: receipt.lastError });
    }
  }
}

/** Incidents with a pending resolution of which the webhook has already received a notice. */
async function notifiedOf(
  { store, grouping }: Pick<DropContext, "store" | "grouping">,
  webhook: string,
  pending: readonly Delivery[],
): Promise<Set<string>> {
  const ending = new Set(
    pending.filter(({ type }) => type === "incident.resolved").map(({ incident }) => incident),
  );
  const notified = await Promise.all([...ending].map(async (incident) => {
    const { items } = await store.listDeliveries({ incident, state: "delivered", limit: MAX_SCANNED });
    const isNotified = items.some((item) => item.webhook === webhook) ||
      await grouping?.isOfAlert(store, { webhook, incident });
    return isNotified ? [incident] : [];
  }));
  return new Set(notified.flat());
}
