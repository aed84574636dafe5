/** Writes the rows of a dump into a local store. */
import * as z from "../../base/zod.ts";
import type { SqlDriver } from "./driver.ts";
import { HISTORY_TABLES, PAGE_ROWS, type SqlRow, STATE_TABLES } from "./dump.ts";
import { VERSION } from "./migrations.ts";

const HEAD = z.object({ assay: z.literal("store"), version: z.int() });
const LINE = z.union([
  z.object({
    table: z.string().check(z.refine((name) => name in STATE_TABLES || name in HISTORY_TABLES)),
    row: z.record(z.string().check(z.regex(/^[a-z_]+$/)), z.nullable(z.union([z.string(), z.number()]))),
  }),
  z.object({ rows: z.int() }),
]);

/**
 * Writes a dump into an empty store and returns the number of rows. Throws an Error if the input is not a
 * dump, has another version, or is incomplete.
 */
export async function fillFromDump(driver: SqlDriver, lines: AsyncIterable<string>): Promise<number> {
  let rows = 0;
  let ended: number | undefined;
  let page: { table: string; row: SqlRow }[] = [];
  const flush = () => {
    driver.transaction(() => page.forEach(({ table, row }) => insert(driver, table, row)));
    page = [];
  };
  let isFirst = true;
  for await (const text of lines) {
    if (isFirst) requireVersion(text);
    else {
      const read = parse(text);
      if ("rows" in read) ended = read.rows;
      else if (page.push(read) && ++rows && page.length === PAGE_ROWS) flush();
    }
    isFirst = false;
  }
  flush();
  if (ended !== rows) throw new Error(`The copy is incomplete: it ends after ${rows} rows. Make it again`);
  return rows;
}

/** A notice delivered during the dump appears twice; the first row, from the state tables, wins. */
function insert(driver: SqlDriver, table: string, row: SqlRow): void {
  const names = Object.keys(row);
  const places = names.map(() => "?").join(", ");
  driver.run(
    `INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${places})`,
    ...Object.values(row),
  );
}

function requireVersion(text: string): void {
  const head = z.safeParse(HEAD, tryJson(text));
  if (!head.success) throw new Error("This is not a copy of a store");
  if (head.data.version === VERSION) return;
  throw new Error(
    `The copy has schema version ${head.data.version} and this Assay ${VERSION}: use the Assay that made the copy`,
  );
}

function parse(text: string): z.infer<typeof LINE> {
  const read = z.safeParse(LINE, tryJson(text));
  if (read.success) return read.data;
  throw new Error("The copy contains an invalid line");
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
