import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { type OpenapiFixture, openapiFixture, TOKENS } from "./fixture.ts";

const asker =
  ({ app }: Pick<OpenapiFixture, "app">) => async (path: string, headers: Record<string, string> = {}) =>
    await app.request(path, { headers: { authorization: `Bearer ${TOKENS.root}`, ...headers } });

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_, open) => {
    test.each(["/v1/status", "/v1/targets?outcome=drift", "/v1/incidents"])(
      "%s is 304 while nothing is settled, private, and 200 again after a change",
      async (path) => {
        const house = await openapiFixture(open());
        const ask = asker(house);
        // Both within one minute of the clock: no slot is settled in between.
        const first = await ask(path);
        expect(first.status).toBe(200);
        expect(first.headers.get("cache-control")).toBe("private, no-cache");
        expect(first.headers.get("vary")).toContain("authorization");
        const tag = { "if-none-match": first.headers.get("etag")! };
        const same = await ask(path, tag);
        expect([same.status, await same.text()]).toEqual([304, ""]);
        house.script.set("ready", undefined, "shop/read");
        await house.runMinutes(4);
        expect((await ask(path, tag)).status).toBe(200);
      },
    );

    test("the tag of the status outlives seconds, but no word outlives its evidence", async () => {
      const house = await openapiFixture(open());
      const ask = asker(house);
      const tag = { "if-none-match": (await ask("/v1/status")).headers.get("etag")! };
      await house.clock.advance(20_000);
      expect((await ask("/v1/status", tag)).status).toBe(304);
      await house.clock.advance(600_000);
      const old = await ask("/v1/status", tag);
      expect([old.status, (await old.json()).status]).toEqual([200, "unknown"]);
    });

    test("what one token is told is told to no other", async () => {
      const ask = asker(await openapiFixture(open()));
      const ids = async (headers: Record<string, string>) =>
        (await (await ask("/v1/status", headers)).json()).targets.map(({ id }: { id: string }) => id);
      expect(await ids({})).toEqual(["shop", "billing"]);
      expect(await ids({ authorization: `Bearer ${TOKENS.billing}` })).toEqual(["billing"]);
      const { etag } = Object.fromEntries((await ask("/v1/status")).headers);
      const foreign = await ask("/v1/status", {
        "if-none-match": etag!,
        authorization: `Bearer ${TOKENS.billing}`,
      });
      expect(foreign.status).toBe(200);
    });

    test("targets by label and outcome, page by page", async () => {
      const ask = asker(await openapiFixture(open()));
      const ids = async (query: string) => {
        const { targets, next } = await (await ask(`/v1/targets?${query}`)).json();
        return [targets.map(({ id }: { id: string }) => id).join(), next];
      };
      expect(await ids("")).toEqual(["shop,billing", null]);
      expect(await ids("label=team:pay")).toEqual(["shop", null]);
      expect(await ids("label=team:pay,tier:1")).toEqual(["", null]);
      expect(await ids("label=constructor:Object")).toEqual(["", null]);
      expect(await ids("outcome=drift")).toEqual(["shop", null]);
      expect(await ids("limit=1")).toEqual(["shop", "shop"]);
      expect(await ids("limit=1&before=shop")).toEqual(["billing", null]);
      expect(await ids("before=nobody")).toEqual(["", null]);
      expect((await ask("/v1/targets?label=team")).status).toBe(400);
    });

    test("incidents by label and by the time they were opened", async () => {
      const ask = asker(await openapiFixture(open()));
      const [incident] = (await (await ask("/v1/incidents?check=read&label=team:pay")).json()).incidents;
      expect(incident).toMatchObject({ target: "shop", kind: "drift" });
      const { openedAt } = incident;
      const after = new Date(Date.parse(openedAt) + 1).toISOString();
      const found = async (query: string) =>
        (await (await ask(`/v1/incidents?target=shop&check=read&${query}`)).json()).incidents.length;
      expect(await found(`from=${openedAt}&to=${after}`)).toBe(1);
      expect(await found(`to=${openedAt}`)).toBe(0);
      expect(await found(`from=${after}`)).toBe(0);
      expect(await found("label=team:other")).toBe(0);
    });
  },
);

test("the public status may be kept for seconds, and a 304 may be read by pages of other origins", async () => {
  const own = await openapiFixture(memoryStore());
  const app = api({
    ...own,
    config: { ...own.config, api: { ...own.config.api, cors: ["https://status.example"] } },
  });
  const headers = { origin: "https://status.example" };
  const first = await app.request("/v1/status", { headers });
  expect(first.headers.get("cache-control")).toBe("public, max-age=5");
  const again = await app.request("/v1/status", {
    headers: { ...headers, "if-none-match": first.headers.get("etag")! },
  });
  expect(again.status).toBe(304);
  expect(again.headers.get("access-control-allow-origin")).toBe("https://status.example");
});

test("a page of slots that begins in the far future costs no more than one that begins now", async () => {
  const store = memoryStore();
  const ask = asker(await openapiFixture(store));
  let reads = 0;
  const samples = store.readSamples.bind(store);
  store.readSamples = (query) => (reads++, samples(query));
  const path = "/v1/targets/shop/checks/read/slots";
  expect((await ask(path)).status).toBe(200);
  const now = reads;
  expect((await ask(`${path}?before=9999-01-01T00:00:00Z`)).status).toBe(200);
  expect(reads).toBe(2 * now);
});
