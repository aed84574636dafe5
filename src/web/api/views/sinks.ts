import type { Config } from "../../../config/config.ts";
import { listSinkStates } from "../../../storage/records/sink_states.ts";
import type { OutboxStore, RecordStore } from "../../../storage/store.ts";

/** Pending notices that are counted at most. */
export const MAX_COUNTED = 1_000;

/** How a sink does: `disabled` since it answered 410, `failing` three times in a row, or `ok`. Times are epoch ms. */
export interface SinkView {
  id: string;
  kind: string;
  events: string[];
  state: "ok" | "failing" | "disabled";
  since?: number;
  lastError?: string;
  /** Notices that wait, at most {@linkcode MAX_COUNTED} over all sinks. */
  pending: number;
  oldestPendingAt?: number;
}

/** How each sink of a config does. */
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
  // What is written for later does not wait.
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
