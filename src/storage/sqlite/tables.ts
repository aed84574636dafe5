/** How rows of the SQL store are read: columns, shape, and their name in errors. */
import * as z from "../../base/zod.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { StoredLease } from "../lease.ts";
import { DELIVERY, INCIDENT, RECORD, ROLLUP, SAMPLE, SHARD, validateShape } from "../schema.ts";
import type { Delivery, Rollup, Sample, Shard, StoredRecord } from "../store.ts";

/** A table: its columns, the shape of its rows, and the key that names a row in errors. */
export interface Table<T> {
  name: string;
  columns: string;
  shape: z.ZodMiniType<T>;
  key: string[];
}

/** The newest lease: at most one row. */
export const LEASE: Table<StoredLease> = {
  name: "lease",
  columns: "tick, owner, fence, until",
  shape: z.object({ tick: z.int(), owner: z.string(), fence: z.int(), until: z.number() }),
  key: ["fence"],
};

/** The newest lease's tick, and the newest slot with a sample. */
export const LATEST: Table<{ tick: number; slot?: number }> = {
  name: "lease",
  columns: "tick, (SELECT max(slot) FROM sample) AS slot",
  shape: z.object({ tick: z.int(), slot: z.optional(z.int()) }),
  key: ["tick"],
};

/** Packed states. */
export const SHARDS: Table<Shard> = {
  name: "shard",
  columns: "shard, layout, state",
  shape: SHARD,
  key: ["shard"],
};

/** Packed verdicts. */
export const SAMPLES: Table<Sample> = {
  name: "sample",
  columns: "slot, shard, data",
  shape: SAMPLE,
  key: ["slot", "shard"],
};

/** Packed figures. */
export const ROLLUPS: Table<Rollup> = {
  name: "rollup",
  columns: "unit, start, shard, data",
  shape: ROLLUP,
  key: ["unit", "start", "shard"],
};

/** Records. */
export const RECORDS: Table<StoredRecord> = {
  name: "memo",
  columns: 'kind, key, ordinal AS "order", value, expires_at AS expiresAt',
  shape: RECORD,
  key: ["kind", "key"],
};

const jsonText = z.pipe(
  z.string(),
  z.transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.issues.push({ code: "custom", message: "it is not JSON", input: context.value });
      return z.NEVER;
    }
  }),
);

/** Incidents as JSON. The other columns exist only for queries. */
export const INCIDENTS: Table<Incident> = {
  name: "incident",
  columns: "id, json",
  shape: z.pipe(z.object({ json: z.pipe(jsonText, INCIDENT) }), z.transform(({ json }) => json)),
  key: ["id"],
};

/** Notices and their delivery states. */
export const OUTBOX: Table<Delivery> = {
  name: "outbox",
  columns:
    `seq, id, webhook, incident, episode, type, body, created_at AS createdAt, state, attempts, next_at AS nextAt,
            last_attempt_at AS lastAttemptAt, last_status AS lastStatus, last_error AS lastError`,
  shape: DELIVERY,
  key: ["id"],
};

/** Disabled webhooks; times are epoch ms. */
export const WEBHOOKS: Table<{ id: string; disabledAt: number }> = {
  name: "webhook",
  columns: "id, disabled_at AS disabledAt",
  shape: z.object({ id: z.string(), disabledAt: z.number() }),
  key: ["id"],
};

/** Checks a row, without its NULLs, against the table's shape. Throws an Error that names table and key. */
export function checkRow<T>({ name, shape, key }: Table<T>, row: Record<string, unknown>): T {
  const present = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  return validateShape(shape, present, `row ${key.map((column) => row[column]).join("/")} of table ${name}`);
}
