import * as z from "../../base/zod.ts";
import { LATEST_MS } from "../../base/time.ts";
import type { RecordStore } from "../store.ts";

/** The most sinks read. */
const MAX_SINKS = 1_000;

/** The health of a sink that must survive a restart. */
export interface SinkState {
  /** Fingerprint of the sink's settings: changes with them, reveals nothing. */
  mark: string;
  /** When it began to fail, epoch ms; absent if it works. */
  failingSince?: number;
  /** Why it fails, without secrets. */
  lastError?: string;
}

const shape = z.object({
  mark: z.string(),
  failingSince: z.optional(z.number()),
  lastError: z.optional(z.string()),
});

/** The state of each sink, by webhook id. Skips states in an unknown shape. */
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

/** Stores the state of a sink; of two writes at one instant the later one wins. */
export async function putSinkState(
  store: RecordStore,
  webhook: string,
  { state, nowMs }: { state: SinkState; nowMs: number },
): Promise<void> {
  const record = { kind: "sink" as const, key: webhook, value: JSON.stringify(state), expiresAt: LATEST_MS };
  // Exceed the stored order, so that a clock that stepped back does not block writes.
  const [last] = (await store.listRecords({ kind: "sink", under: webhook, limit: MAX_SINKS }))
    .filter(({ key }) => key === webhook);
  await store.putRecord({ ...record, order: Math.max(nowMs, (last?.order ?? -Infinity) + 1) });
}
