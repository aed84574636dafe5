import type { StateStore } from "../../../storage/store.ts";
import { MINUTE_MS } from "../../../base/time.ts";

/**
 * The newest settled slot (epoch ms), or null. Slots after the newest lease were settled before the clock
 * stepped back, so the result is at most that minute.
 */
export async function lastSlot(store: StateStore): Promise<number | null> {
  const latest = await store.latest();
  if (!latest || latest.slot === null) return null;
  return Math.min(latest.slot, latest.tick + MINUTE_MS - 1);
}
