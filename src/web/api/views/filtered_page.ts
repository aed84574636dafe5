import type { Page } from "../../../storage/store.ts";

/** Maximum number of reads per request. */
const READS = 20;

/**
 * One page of the rows that `keep` accepts. It reads only as many rows as are missing, so that the store's
 * cursor is right after the last row examined and no row is skipped or repeated. After 20 reads the page may
 * be shorter than `limit`. It stops after a row for which `isPast` holds.
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
