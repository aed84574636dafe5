/** Incidents in SQL. */
import type { Incident } from "../../judgement/incident.ts";
import { decodeCursor, toPage } from "../cursor.ts";
import type { IncidentStore } from "../store.ts";
import { filterBy, type Sql } from "./sql.ts";
import { INCIDENTS } from "./tables.ts";

/** Inserts or replaces an incident. */
export function putIncident({ driver }: Sql, incident: Incident): void {
  const { id, openedAt, state, target, check, resolvedAt, updatedAt } = incident;
  driver.run(
    `INSERT INTO incident (id, json, opened_at, state, target, check_id, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET json = excluded.json, opened_at = excluded.opened_at, state = excluded.state,
       target = excluded.target, check_id = excluded.check_id, resolved_at = excluded.resolved_at`,
    ...[id, JSON.stringify(incident), openedAt, state, target, check],
    state === "resolved" ? resolvedAt ?? updatedAt : null,
  );
}

/** The incidents of a database. */
export const sqliteIncidents = (sql: Sql): IncidentStore => ({
  getIncident: async (id) => (await sql.select(INCIDENTS, "WHERE id = ?", id))[0] ?? null,

  listIncidents({ limit, before, state, target, check }) {
    const { at, id } = decodeCursor(before);
    const { conditions, values } = filterBy({ state, target, check_id: check });
    const page = `WHERE (opened_at, id) < (?, ?) ${conditions} ORDER BY opened_at DESC, id DESC LIMIT ?`;
    return Promise.try(() => {
      const rows = sql.rows(INCIDENTS, page, at, id, ...values, limit + 1);
      return toPage(rows, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
    });
  },
});
