import type { Config } from "../../../config/config.ts";
import { listSinkStates } from "../../../storage/records/sink_states.ts";
import type { OutboxStore, RecordStore } from "../../../storage/store.ts";

/** Maximum number of pending notices counted. */
export const MAX_COUNTED = 1_000;

/**
 * The state of a sink: `disabled` since it responded 410, `failing` after three failures in a row, or `ok`.
 * Times are epoch ms.
 */
export interface SinkView {
  id: string;
  kind: string;
  events: string[];
  state: "ok" | "failing" | "disabled";
  since?: number;
  lastError?: string;
  /** Waiting notices; at most {@linkcode MAX_COUNTED} are counted over all sinks. */
  pending: number;
  oldestPendingAt?: number;
}

/** The state of each sink of a config. */
export async function sinkViews(
  { webhooks }: Pick<Config, "webhooks">,
  store: OutboxStore & RecordStore,
  nowMs: number,
): Promise<SinkView[]> {
  const [states, disabled, { items }] = await Promise.all([
    listSinkStates(store),
    store.listDisabledWebhooks(),
    store.listDeliveries({ state: "pending", limit: MAX_COUNTED }),
  ]);
  // Notices scheduled for later are not waiting.
  const waiting = Map.groupBy(items.filter(({ createdAt }) => createdAt <= nowMs), ({ webhook }) => webhook);
  return webhooks.map(({ id, kind, events }) => {
    const own = waiting.get(id) ?? [];
    const { failingSince, lastError } = states.get(id) ?? {};
    const disabledSince = Object.hasOwn(disabled, id) ? disabled[id] : undefined;
    return {
      ...{ id, kind, events },
      state: disabledSince !== undefined ? "disabled" : failingSince !== undefined ? "failing" : "ok",
      since: disabledSince ?? failingSince,
      lastError,
      pending: own.length,
      oldestPendingAt: own.at(-1)?.createdAt,
    };
  });
}
