import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { capacityProblems, latencyOf } from "../../../scripts/cli/measured.ts";
import { settlerFixture, threeRegions } from "../../world/settler_fixture.ts";

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A config with a store in a file, and a settler over it. */
function world(name: string) {
  const file = join(folder, name);
  const text = threeRegions([["{ memory: {} }", `{ sqlite: ${file} }`]]);
  return { text, open: () => settlerFixture(text, { store: openSqlite(file) }) };
}

test("rounds take what the config's own store has measured", async () => {
  const { open } = world("measured.db");
  const { config, runMinutes, store } = await open();
  await runMinutes();
  await store.close();
  const { roundMs, how } = latencyOf(config);
  expect(how).toBe("measured on 1 of its checks");
  // The journey's 5 ms, and its report's.
  const [check] = config.checks;
  expect(roundMs(check!)).toBeGreaterThanOrEqual(5);
  expect(roundMs(check!)).toBeLessThan(400);
});

test("and what is assumed where nothing was measured, or what is asked for", async () => {
  const { open } = world("empty.db");
  const { config, store } = await open();
  await store.close();
  const [check] = config.checks;
  const { roundMs, how } = latencyOf(config);
  expect([roundMs(check!), how]).toEqual([400, "200 ms a request assumed"]);
  expect(latencyOf(config, 300).roundMs(check!)).toBe(600);
});

test("a config that fits has no problem, one that does not names the key", async () => {
  const { open } = world("problems.db");
  const { config, store } = await open();
  await store.close();
  expect(capacityProblems(config)).toEqual([]);
  const small = { ...config, concurrency: 1, connectionsPerHost: 1 };
  // One round of 64 s in a minute
  expect(capacityProblems(small, 32_000)).toMatchObject([{ severity: "warning", path: "concurrency" }]);
});
