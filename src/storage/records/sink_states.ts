import * as z from "../../base/zod.ts";
import { LATEST_MS } from "../../base/time.ts";
import type { RecordStore } from "../store.ts";

/** Of so many sinks it is known how they do. */
const MAX_SINKS = 1_000;

/** How a sink does, as far as it must outlive a process. */
export interface SinkState {
  /** A digest of the sink's settings: changes with them, reveals nothing. */
  mark: string;
  /** Since when it fails, epoch ms; absent: it does not. */
  failingSince?: number;
  /** Why, free of secrets. */
  lastError?: string;
}

const shape = z.object({
  mark: z.string(),
  failingSince: z.optional(z.number()),
  lastError: z.optional(z.string()),
});

/** How each sink does, by webhook id. What another version wrote in another shape is left out. */
export async function listSinkStates(store: RecordStore): Promise<Map<string, SinkState>> {
  const records = await store.listRecords({ kind: "sink", limit: MAX_SINKS });
  return new Map(records.flatMap(({ key, value }) => {
    const state = decode(value);
    return state ? [[key, state] as const] : [];
  }));
}

function decode(value: string): SinkState | undefined {
  try {
    return shape.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** Keeps how a sink does; of two at one instant the later one. */
export async function putSinkState(
  store: RecordStore,
  webhook: string,
  { state, nowMs }: { state: SinkState; nowMs: number },
): Promise<void> {
  const record = { kind: "sink" as const, key: webhook, value: JSON.stringify(state), expiresAt: LATEST_MS };
  // A clock that stepped back must not freeze it.
  const [last] = (await store.listRecords({ kind: "sink", under: webhook, limit: MAX_SINKS }))
    .filter(({ key }) => key === webhook);
  await store.putRecord({ ...record, order: Math.max(nowMs, (last?.order ?? -Infinity) + 1) });
}
