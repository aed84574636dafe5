/** Incidents in Redis. */
import type { Incident } from "../../judgement/incident.ts";
import { type Cursor, decodeCursor, toPage } from "../cursor.ts";
import { INCIDENT } from "../schema.ts";
import type { IncidentStore } from "../store.ts";
import type { Reader } from "./reader.ts";
import { inflateJson, type Keys } from "./values.ts";

/** Incidents per request. */
const CHUNK = 100;

/** The incidents of one database. */
export function upstashIncidents(reader: Reader, keys: Keys): IncidentStore {
  const read = async (ids: string[]): Promise<Incident[]> => {
    const texts = await reader.fields(keys.incidents, ids);
    const found = ids.flatMap((id, i) => typeof texts[i] === "string" ? [[id, texts[i]] as const] : []);
    return await Promise.all(found.map(([id, text]) => inflateJson(INCIDENT, text, `the incident ${id}`)));
  };
  return {
    getIncident: async (id) => (await read([id]))[0] ?? null,

    async listIncidents({ limit, before, state, target, check }) {
      const start = decodeCursor(before);
      const isWanted = (row: Incident) =>
        isBehind(start, { at: row.openedAt, id: row.id }) && (state ?? row.state) === row.state &&
        (target ?? row.target) === row.target && (check ?? row.check) === row.check;
      const found: Incident[] = [];
      const from = start.at === Infinity ? "+inf" : `${start.at}`;
      for (let offset = 0; start.at !== -Infinity && found.length <= limit; offset += CHUNK) {
        const range = [from, "-inf", "BYSCORE", "REV", "LIMIT", `${offset}`, `${CHUNK}`];
        const ids = await reader.strings(["ZRANGE", keys.opened, ...range]);
        found.push(...(await read(ids)).filter(isWanted));
        if (ids.length < CHUNK) break;
      }
      return toPage(found, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
    },
  };
}

/** Whether a row comes after a cursor, newest first. */
const isBehind = (start: Cursor, { at, id }: Cursor) => at < start.at || (at === start.at && id < start.id);
