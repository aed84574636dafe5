import { expect, test } from "vitest";
import { packChecks } from "../../../src/storage/codec.ts";
import { exportHistory, type ExportLine, parseExport } from "../../../src/storage/history/export.ts";
import { settlerFixture } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";

const MINUTE = 60_000;

/** A drift, and what was kept of it since a minute. */
async function exported(sinceMinute = 0): Promise<ExportLine[]> {
  const shop = await settlerFixture();
  shop.script.set("drift");
  await shop.runMinutes(3);
  shop.script.set("ready");
  await shop.runMinutes(3);
  const range = { from: START + sinceMinute * MINUTE, to: shop.clock.now() };
  return await Array.fromAsync(exportHistory(shop.store, packChecks(shop.config), range));
}

test("an export has a head, every slot with its walks, and what was told", async () => {
  const [head, ...lines] = await exported();
  expect(head).toEqual({ kind: "history", version: 1, from: START, to: START + 6 * MINUTE });
  const slots = lines.filter((line) => line.kind === "slot");
  expect(slots.map(({ check, slot, traces }) => [check, (slot - START) / MINUTE, traces.length])).toEqual(
    [0, 1, 2, 3, 4, 5].map((minute) => ["shop/read", minute, 3]),
  );
  expect(lines.at(-1)).toMatchObject({
    kind: "incident",
    check: "shop/read",
    of: "drift",
    scope: "global",
    episode: 1,
  });
});

test("only since then", async () => {
  const slots = (await exported(4)).filter((line) => line.kind === "slot");
  expect(slots.map(({ slot }) => (slot - START) / MINUTE)).toEqual([4, 5]);
});

test("is read as it was written, and holds no secret and no address", async () => {
  const lines = await exported();
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  expect(parseExport(`${text}\n`)).toEqual(JSON.parse(`[${text.replaceAll("\n", ",")}]`));
  expect(text).not.toMatch(/https?:|token|whsec|hooks\.example/);
});

test.each<[name: string, text: string, message: RegExp]>([
  ["nothing", "", /its first line is not a head/],
  ["another file", '{"a":1}', /line 1/],
  ["no JSON", "version: 1", /line 1 from the store: it is not JSON/],
  [
    "a line without its head",
    '{"kind":"slot","check":"a/b","slot":1,"outcome":"ready","traces":[]}',
    /not a head/,
  ],
  ["another version", '{"kind":"history","version":2,"from":1,"to":2}', /line 1/],
])(
  "what is no export says so: %s",
  (_name, text, message) => expect(() => parseExport(text)).toThrow(message),
);
