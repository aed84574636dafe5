/** Pages and their cursors: opaque to callers, the same in every store. */
import type { Page } from "./store.ts";

/** Where a row stands: newest first means by descending `at`, then by descending `id`. */
export interface Cursor {
  at: number;
  id: string;
}

const encodeCursor = ({ at, id }: Cursor) => `${at}~${id}`;

/** The place that a page starts behind. Without a cursor that is before all rows; with one that is not ours, after all. */
export function decodeCursor(cursor: string | undefined): Cursor {
  if (cursor === undefined) return { at: Infinity, id: "" };
  const [, at, id] = /^(-?\d{1,16})~(.*)$/s.exec(cursor) ?? [];
  return at === undefined || id === undefined ? { at: -Infinity, id: "" } : { at: Number(at), id };
}

/** A page made of rows in order, of which one more than `limit` was asked for, to know whether there are more. */
export function toPage<T>(rows: T[], limit: number, cursorOf: (row: T) => Cursor): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last && rows.length > limit ? encodeCursor(cursorOf(last)) : null };
}
