import type { Page } from "../../../storage/store.ts";

/** Pages that one request reads at most. */
const READS = 20;

/**
 * One page of the rows that are kept. It asks for as many as are still missing, so that the store's cursor stands right behind
 * the last row that was looked at: no row is skipped or repeated. After 20 reads it may be shorter than `limit`. No row behind one that
 * `isPast` is asked for.
 */
export async function filterPage<T>(
  read: (page: { limit: number; before?: string }) => Promise<Page<T>>,
  { limit, before }: { limit: number; before?: string },
  keep: (row: T) => boolean,
  isPast: (row: T) => boolean = () => false,
): Promise<Page<T>> {
  const kept: T[] = [];
  let next: string | null = before ?? null;
  for (let reads = 0; reads < READS; reads++) {
    const page: Page<T> = await read({ limit: limit - kept.length, before: next ?? undefined });
    kept.push(...page.items.filter(keep));
    next = page.next;
    if (page.items.some(isPast)) next = null;
    if (next === null || kept.length >= limit) break;
  }
  return { items: kept, next };
}
