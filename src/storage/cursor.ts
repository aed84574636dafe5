/** Cursors of pages: opaque to callers, the same in every store. */
import type { Page } from "./store.ts";

/** The position of a row. Newest first means descending `at`, then descending `id`. */
export interface Cursor {
  at: number;
  id: string;
}

const encodeCursor = ({ at, id }: Cursor) => `${at}~${id}`;

/**
 * The position after which a page starts: before all rows without a cursor, after all rows if it is invalid.
 */
export function decodeCursor(cursor: string | undefined): Cursor {
  if (cursor === undefined) return { at: Infinity, id: "" };
  const [, at, id] = /^(-?\d{1,16})~(.*)$/s.exec(cursor) ?? [];
  return at === undefined || id === undefined ? { at: -Infinity, id: "" } : { at: Number(at), id };
}

/**
 * A page of sorted rows. Callers read `limit` + 1 rows, so that the extra one shows whether there are more.
 */
export function toPage<T>(rows: T[], limit: number, cursorOf: (row: T) => Cursor): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && rows.length > limit ? encodeCursor(cursorOf(last)) : null };
}
