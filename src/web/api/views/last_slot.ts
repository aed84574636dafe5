import type { Store } from "../../../storage/store.ts";

const MINUTE_MS = 60_000;

/** The newest settled slot (epoch ms), or null. One that lies behind the newest lease was settled before the clock stepped back. */
export async function lastSlot(store: Store): Promise<number | null> {
  const pulse = await store.latest();
  if (!pulse || pulse.slot === null) return null;
  return Math.min(pulse.slot, pulse.tick + MINUTE_MS - 1);
}
