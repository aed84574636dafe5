import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../../web/api/api_fixture.ts";

/** The shop depends on the api, which depends on the database. */
const CHAIN = withToken(threeRegions([
  ["  - id: shop\n", "  - id: shop\n    dependsOn: [api]\n"],
  ["url: https://shop.example", "url: https://shop.example"],
  [
    "webhooks:",
    ["api", "db"].map((id) =>
      `  - id: ${id}
    name: The ${id}
    url: https://${id}.example
    ${id === "api" ? "dependsOn: [db]" : ""}
    checks:
      - { id: read, turns: 1, confirm: 0, report: { path: /readyz }, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
`
    ).join("") + "webhooks:",
  ],
]));

/** Sends what is due: "shop opened". */
async function sent({ ports, store, config }: ApiFixture): Promise<string[]> {
  const taken: string[] = [];
  const fetch = (_url: string | URL, { body }: { body?: unknown }) => {
    const { type, data } = JSON.parse(String(body));
    taken.push(
      `${data.target.id} ${type.replace("incident.", "")}${data.cause ? ` (${data.cause.name})` : ""}`,
    );
    return Promise.resolve(answerOf(new Response(null, { status: 204 })));
  };
  await deliver({ ...ports, fetch: fetch as typeof ports.fetch }, store, config, { sinks: SINKS });
  return taken.toSorted();
}

/** Runs so many minutes, and tells what was sent in which of them. */
async function run(own: ApiFixture, minutes: number): Promise<string[]> {
  const log: string[] = [];
  for (let minute = 1; minute <= minutes; minute++) {
    await own.runMinutes();
    for (const notice of await sent(own)) log.push(`${minute} ${notice}`);
  }
  return log;
}

const breaks = (own: ApiFixture, ...targets: string[]) => {
  for (const target of targets) own.script.set("down", undefined, `${target}/read`);
};
const mends = (own: ApiFixture, ...targets: string[]) => {
  for (const target of targets) own.script.set("ready", undefined, `${target}/read`);
};

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_, open) => {
    test("of what fails together only the cause is told, and its end; incidents, page and API name it", async () => {
      const own = await apiFixture({ text: CHAIN, store: open() });
      await own.runMinutes(2);
      breaks(own, "shop", "api", "db");
      expect(await run(own, 4)).toEqual(["2 db opened"]);
      const { incidents } = (await own.call("/v1/incidents")).body;
      const of = (id: string) => incidents.find(({ target }: { target: string }) => target === id);
      const cause = { target: "db", incident: of("db").id };
      expect([of("shop").cause, of("api").cause, of("db").cause]).toEqual([cause, cause, undefined]);
      expect(of("shop").notes).toContain("because of db");
      expect((await own.call("/v1/targets/shop")).body.checks[0].incidents[0].cause).toEqual(cause);
      expect((await own.call(`/incidents/${of("shop").id}`)).text).toContain(
        `href="/incidents/${of("db").id}"`,
      );
      const held = (await own.notices()).filter(({ incident }) => incident === of("shop").id);
      expect(held.map(({ state, lastError }) => [state, lastError])).toEqual([
        ["pending", `held because of db (${of("db").id})`],
      ]);
      mends(own, "shop", "api", "db");
      expect(await run(own, 6)).toEqual(["2 db resolved"]);
      expect((await own.notices()).filter(({ state }) => state === "pending")).toEqual([]);
    });

    test("what is still bad after the cause is over is told then, and so is its end", async () => {
      const own = await apiFixture({ text: CHAIN, store: open() });
      await own.runMinutes(2);
      breaks(own, "shop", "db");
      expect(await run(own, 4)).toEqual(["2 db opened"]);
      mends(own, "db");
      expect(await run(own, 6)).toEqual(["2 db resolved", "3 shop opened (The db)"]);
      mends(own, "shop");
      expect(await run(own, 4)).toEqual(["2 shop resolved (The db)"]);
    });

    test("who was told before the cause was there hears of the end while it lasts", async () => {
      const own = await apiFixture({ text: CHAIN, store: open() });
      await own.runMinutes(2);
      breaks(own, "shop");
      expect(await run(own, 3)).toEqual(["2 shop opened"]);
      breaks(own, "db");
      expect(await run(own, 3)).toEqual(["2 db opened"]);
      mends(own, "shop");
      expect(await run(own, 3)).toEqual(["2 shop resolved (The db)"]);
    });

    test("an opening waits a little for a cause that may be coming, and no longer", async () => {
      const own = await apiFixture({ text: CHAIN, store: open() });
      await own.runMinutes(2);
      breaks(own, "shop");
      // One of three probers: no outage comes of it.
      own.script.set("down", "fra", "db/read");
      expect(await run(own, 5)).toEqual(["3 shop opened"]);
    });

    test("a part of the report that is a target is a cause, too", async () => {
      const text = CHAIN.replace("    dependsOn: [api]\n", "");
      const own = await apiFixture({ text, store: open() });
      await own.runMinutes(2);
      own.script.set("partDown", undefined, "shop/read");
      breaks(own, "db");
      expect(await run(own, 4)).toEqual(["2 db opened"]);
    });
  },
);

test("of a cause that is over and one that is not, the latter counts", async () => {
  const own = await apiFixture({ text: CHAIN });
  await own.runMinutes(2);
  breaks(own, "api", "shop");
  expect(await run(own, 3)).toEqual(["2 api opened"]);
  breaks(own, "db");
  mends(own, "api");
  expect(await run(own, 4)).toEqual(["2 api resolved", "2 db opened"]);
  // The api is well: what the shop suffers from stands further down.
  const { incidents } = (await own.call("/v1/incidents?target=shop")).body;
  expect(incidents[0].cause.target).toBe("db");
});

test("the notice says so", async () => {
  const own = await apiFixture({ text: CHAIN });
  await own.runMinutes(2);
  breaks(own, "api", "db");
  await own.runMinutes(4);
  const bodies = (await own.notices()).map(({ body }) => JSON.parse(body).data);
  expect(bodies.find(({ target }) => target.id === "api").summary).toMatch(/; began because of The db$/);
});
