/** Of a receiver that holds one state for each incident, only the newest notice matters. */
import type { Ports } from "../../base/ports.ts";
import type { Delivery, OutboxStore, RecordStore } from "../../storage/store.ts";
import type { GroupingModule } from "./grouping.ts";
import { REMINDER } from "./reminder.ts";
import { deadReceipt } from "./retry.ts";

/** Pending notices that are looked through. */
const MAX_SCANNED = 500;

const ACKNOWLEDGED = "incident.acknowledged";

/** What is not sent, and why. */
export interface Dropped {
  delivery: Delivery;
  death: "replaced" | "moot";
}

/**
 * Of the pending notices of one webhook (oldest first) those that need not go: what a newer one replaces, and an end whose beginning
 * was never announced. `isUnderWay` may not be dropped any more; `wasTold`: a notice of the incident was delivered before.
 */
export function dropped(
  pending: readonly Delivery[],
  { isUnderWay, wasTold }: { isUnderWay(id: string): boolean; wasTold(incident: string): boolean },
): Dropped[] {
  const byIncident = Map.groupBy(pending, ({ incident }) => incident);
  return [...byIncident.values()].flatMap((deliveries) => {
    // The acknowledgement of an incident that was never announced is not news.
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
      !wasTold(newest.incident);
    return [
      ...older.map((delivery) => ({ delivery, death: "replaced" as const })),
      ...(isMoot ? [{ delivery: newest, death: "moot" as const }] : []),
    ];
  });
}

/** After a lost answer or a receiver's failure the notice may have arrived. */
const mayHaveArrived = ({ attempts, lastStatus }: Delivery) =>
  attempts > 0 && !(lastStatus !== undefined && lastStatus >= 400 && lastStatus < 500);

/** It was delivered, and waits only to be repeated. */
const isRepeated = ({ attempts, lastAttemptAt, lastError }: Delivery) =>
  attempts === 0 && lastAttemptAt !== undefined && lastError === undefined;

/** What is looked at. */
interface DropContext {
  ports: Ports;
  store: OutboxStore & RecordStore;
  grouping?: GroupingModule;
}

/** Drops them in the store, and says so. */
export async function dropUnneeded(
  { ports: { clock, log }, store, grouping }: DropContext,
  webhooks: ReadonlySet<string>,
  isUnderWay: (id: string) => boolean,
): Promise<void> {
  const { items } = await store.listDeliveries({ state: "pending", limit: MAX_SCANNED });
  const nowMs = clock.now();
  // What is written for later neither replaces nor is replaced, nor is anything behind it.
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
    const told = await toldOf({ store, grouping }, webhook, pending);
    for (const { delivery, death } of dropped(pending, { isUnderWay, wasTold: (id) => told.has(id) })) {
      const dead = deadReceipt(delivery, death, clock.now());
      const receipt = isRepeated(delivery)
        ? { ...dead, state: "delivered" as const, lastError: undefined }
        : dead;
      await store.recordAttempt(delivery.id, receipt);
      log.info("notice dropped", { notice: delivery.id, webhook, reason: receipt.lastError });
    }
  }
}

/** Of the incidents whose resolution waits: those with a notice that was delivered to the webhook. */
async function toldOf(
  { store, grouping }: Pick<DropContext, "store" | "grouping">,
  webhook: string,
  pending: readonly Delivery[],
): Promise<Set<string>> {
  const ending = new Set(
    pending.filter(({ type }) => type === "incident.resolved").map(({ incident }) => incident),
  );
  const told = await Promise.all([...ending].map(async (incident) => {
    const { items } = await store.listDeliveries({ incident, state: "delivered", limit: MAX_SCANNED });
    const isTold = items.some((item) => item.webhook === webhook) ||
      await grouping?.isOfAlert(store, { webhook, incident });
    return isTold ? [incident] : [];
  }));
  return new Set(told.flat());
}
