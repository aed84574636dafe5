import type { StateStore } from "../../../storage/store.ts";
import { MINUTE_MS } from "../../../base/time.ts";

/** The newest settled slot (epoch ms), or null. One that lies behind the newest lease was settled before the clock stepped back. */
export async function lastSlot(store: StateStore): Promise<number | null> {
  const latest = await store.latest();
  if (!latest || latest.slot === null) return null;
  return Math.min(latest.slot, latest.tick + MINUTE_MS - 1);
}
