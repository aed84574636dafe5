import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { apiFixture } from "../api_fixture.ts";

let folder: string;
let file: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  file = join(folder, "data", "assay.db");
  store = openSqlite(file);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** As a backup or an operator's shell would open the file beside a running Assay. */
function beside(...statements: string[]) {
  const db = new DatabaseSync(file);
  for (const statement of statements) db.exec(statement);
  db.close();
}

const CHECKPOINT = "PRAGMA wal_checkpoint(TRUNCATE)";

/** An Assay that has settled two slots. */
async function running() {
  const house = await apiFixture({ store });
  await house.runMinutes(2);
  return async () => {
    const { status, body } = await house.call("/readyz", { token: null });
    return [status, body.checks.store[0].output];
  };
}

describe("/readyz over a file", () => {
  test.each<[string, () => void]>([
    ["nobody touched", () => {}],
    ["somebody read", () => beside("SELECT count(*) FROM shard")],
    ["somebody wrote back from its log", () => beside(CHECKPOINT)],
    ["somebody made smaller", () => beside("CREATE TABLE t (a)", "DROP TABLE t", "VACUUM", CHECKPOINT)],
  ])("that %s is ready", async (_name, touch) => {
    const ready = await running();
    touch();
    expect(await ready()).toEqual([200, "writable"]);
  });

  const GONE = "its file is gone: restore it and restart Assay";
  const OTHER = "another file has taken its place: restart Assay";
  const CUT = "its file was cut off: restore it and restart Assay";

  test.each<[string, () => void, string]>([
    ["was deleted", () => rmSync(file), GONE],
    ["lost its folder", () => rmSync(join(folder, "data"), { recursive: true }), GONE],
    ["lost its log", () => rmSync(`${file}-wal`), GONE],
    ["was moved away", () => renameSync(file, join(folder, "moved.db")), GONE],
    ["was restored from a copy", () => {
      copyFileSync(file, join(folder, "copy.db"));
      renameSync(join(folder, "copy.db"), file);
    }, OTHER],
    ["was emptied", () => truncateSync(file), CUT],
    ["was cut off", () => {
      beside(CHECKPOINT);
      truncateSync(file, 8192);
    }, CUT],
  ])("that %s is not ready, and says why", async (_name, harm, reason) => {
    const ready = await running();
    expect(await ready()).toEqual([200, "writable"]);
    harm();
    expect(await ready()).toEqual([503, reason]);
  });
});
