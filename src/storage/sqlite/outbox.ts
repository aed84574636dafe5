/** The outbox in SQL: notices, their receipts, and disabled webhooks. */
import { decodeCursor, toPage } from "../cursor.ts";
import { NOTICES, RECEIPT, validateShape } from "../schema.ts";
import type { NewNotice, OutboxStore } from "../store.ts";
import { filterBy, type Sql } from "./sql.ts";
import { checkRow, OUTBOX, WEBHOOKS } from "./tables.ts";

/**
 * The oldest pending notice of each queue. The partial index keeps settled notices unread. With min() SQLite
 * takes the other columns from the row that holds the minimum ("bare columns", lang_select).
 */
const HEADS = `SELECT min(seq) AS head, next_at, webhook, attempts FROM outbox INDEXED BY outbox_pending
  WHERE state = 'pending' GROUP BY webhook, incident, episode`;

/** Inserts a notice, unless its id is already stored. */
export function insertNotice(
  { driver }: Sql,
  { id, webhook, incident, episode, type, body, createdAt, notBefore = 0 }: NewNotice,
): void {
  driver.run(
    `INSERT INTO outbox (id, webhook, incident, episode, type, body, created_at, state, attempts, next_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?) ON CONFLICT (id) DO NOTHING`,
    ...[id, webhook, incident, episode ?? null, type, body, createdAt, notBefore],
  );
}

/** The outbox of a database. */
export const sqliteOutbox = (sql: Sql): OutboxStore => ({
  ...deliveriesOf(sql),
  ...receiptsOf(sql),
  ...disabledWebhooksOf(sql),
});

const deliveriesOf = (
  sql: Sql,
): Pick<OutboxStore, "claimDeliveries" | "nextDelivery" | "enqueue" | "listDeliveries"> => ({
  claimDeliveries: ({ nowMs, leaseMs, limit, webhook }) =>
    sql.write(() => {
      const claimed = sql.driver.all(
        `UPDATE outbox SET next_at = ? WHERE seq IN (
           SELECT head FROM (${HEADS}) WHERE next_at <= ? AND coalesce(?, webhook) = webhook ORDER BY attempts > 0, head LIMIT ?
         ) RETURNING ${OUTBOX.columns}`,
        ...[nowMs + leaseMs, nowMs, webhook ?? null, limit],
      );
      return claimed.map((row) => checkRow(OUTBOX, row)).sort((a, b) =>
        Number(a.attempts > 0) - Number(b.attempts > 0) || a.seq - b.seq
      );
    }),

  nextDelivery: () =>
    Promise.try(() => {
      const [row] = sql.driver.all(`SELECT min(next_at) AS due FROM (${HEADS})`);
      return row?.due === null ? null : Number(row?.due);
    }),

  enqueue: (notices) =>
    sql.write(() => {
      for (const notice of validateShape(NOTICES, notices, "the notices")) insertNotice(sql, notice);
    }),

  listDeliveries({ limit, before, state, incident }) {
    const { conditions, values } = filterBy({ state, incident });
    const page = `WHERE seq < ? ${conditions} ORDER BY seq DESC LIMIT ?`;
    return Promise.try(() => {
      const rows = sql.rows(OUTBOX, page, decodeCursor(before).at, ...values, limit + 1);
      return toPage(rows, limit, ({ seq, id }) => ({ at: seq, id }));
    });
  },
});

const receiptsOf = (sql: Sql): Pick<OutboxStore, "recordAttempt" | "wakeDeliveries" | "resend"> => ({
  recordAttempt: (ids, receipt, wakes) =>
    sql.write(() => {
      const own = validateShape(RECEIPT, receipt, `the receipt of ${ids}`);
      const named = JSON.stringify([ids].flat());
      const [changed] = sql.driver.all(
        `UPDATE outbox SET state = ?, attempts = ?, next_at = ?, last_attempt_at = ?, last_status = ?, last_error = ?
         WHERE id IN (SELECT value FROM json_each(?)) AND state = 'pending' RETURNING webhook`,
        ...[own.state, own.attempts, own.nextAt],
        ...[own.lastAttemptAt ?? null, own.lastStatus ?? null, own.lastError ?? null, named],
      );
      if (changed === undefined || wakes === undefined) return;
      sql.driver.run(
        `UPDATE outbox SET next_at = ? WHERE state = 'pending' AND webhook = ? AND next_at > ? AND created_at <= ?
           AND id NOT IN (SELECT value FROM json_each(?))`,
        ...[own.nextAt, String(changed.webhook), wakes, own.nextAt, named],
      );
    }),

  wakeDeliveries: ({ webhook, nowMs, after, limit = -1 }) =>
    sql.write(() =>
      sql.driver.run(
        `UPDATE outbox SET next_at = ? WHERE next_at > ? AND seq IN (
           SELECT seq FROM outbox WHERE state = 'pending' AND webhook = ? AND created_at <= ? ORDER BY seq LIMIT ?
         )`,
        ...[nowMs, after, webhook, nowMs, limit],
      )
    ),

  resend: (id, nowMs) =>
    sql.write(() => {
      const again =
        "UPDATE outbox SET state = 'pending', attempts = 0, next_at = ? WHERE id = ? AND state <> 'delivered'";
      if (sql.driver.run(again, nowMs, id) === 0) return false;
      sql.driver.run("DELETE FROM webhook WHERE id = (SELECT webhook FROM outbox WHERE id = ?)", id);
      return true;
    }),
});

const disabledWebhooksOf = (sql: Sql): Pick<OutboxStore, "listDisabledWebhooks" | "disableWebhook"> => ({
  listDisabledWebhooks: async () =>
    Object.fromEntries((await sql.select(WEBHOOKS, "")).map(({ id, disabledAt }) => [id, disabledAt])),

  disableWebhook: (webhook, atMs) =>
    Promise.try(() => {
      if (atMs === null) {
        sql.driver.run("DELETE FROM webhook WHERE id = ?", webhook);
        return;
      }
      sql.driver.run(
        `INSERT INTO webhook (id, disabled_at) VALUES (?, ?)
         ON CONFLICT (id) DO UPDATE SET disabled_at = excluded.disabled_at`,
        ...[webhook, atMs],
      );
    }),
});
