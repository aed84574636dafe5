import { describe, expect, test, vi } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { dump } from "../../../storage/store_fixture.ts";
import { type ApiFixture, apiFixture, TOKEN } from "../api_fixture.ts";

const PATH = "/v1/targets/shop/checks/read/rounds";

/** A house whose app can walk a check on demand. */
async function ready(): Promise<ApiFixture & { look(path?: string, token?: string): Promise<Response> }> {
  const own = await apiFixture();
  const app = api({ ...own, runCheck: own.settler.probeNow });
  const look = async (path = PATH, token = TOKEN) =>
    await app.request(path, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  return { ...own, look };
}

describe("POST …/rounds", () => {
  test("shows what every prober sees now, stores nothing and moves no vote", async () => {
    const own = await ready();
    await own.runMinutes(2);
    const stored = async () => ({ ...await dump(own.store), memos: [] }); // but for the use of the token
    const before = await stored();
    own.script.set("drift");
    own.script.set({ missed: "timeout" }, "sin");
    const answer = await own.look();
    expect(answer.status).toBe(200);
    const { regions } = await answer.json();
    const seen = regions.flatMap(({ probers }: { probers: object[] }) => probers);
    expect(seen).toMatchObject([
      { id: "fra", verdict: "drift", reported: { state: "ready" }, observed: { outcome: "fail" } },
      { id: "iad", verdict: "drift" },
      { id: "sin", missed: { reason: "timeout" } },
    ]);
    expect(seen[0].observed.failure.expression).toBe("body.state == 'accepted'");
    expect(await stored()).toEqual(before);
    own.script.set("ready");
    await own.runMinutes(1);
    expect((await own.state()).outcome).toBe("ready");
  });

  test("a journey that passed shows how long each step took", async () => {
    const own = await ready();
    const { regions } = await (await own.look()).json();
    expect(regions[0].probers[0].observed).toMatchObject({
      outcome: "pass",
      steps: [{ name: "look", totalMs: 5 }],
    });
  });

  test("once in ten seconds for each check", async () => {
    const own = await ready();
    expect((await own.look()).status).toBe(200);
    const early = await own.look();
    expect([early.status, early.headers.get("retry-after")]).toEqual([429, "10"]);
    await own.clock.advance(10_000);
    expect((await own.look()).status).toBe(200);
  });

  test("one at a time, however long it takes", async () => {
    const own = await ready();
    own.script.set("silent", "fra");
    const first = own.look();
    await vi.waitFor(() => expect(own.script.requests).not.toEqual([]));
    await own.clock.advance(20_000);
    expect((await own.look()).status).toBe(429);
    await own.clock.advance(40_000);
    expect((await (await first).json()).regions[0].probers[0].missed.reason).toBe("timeout");
  });

  test.each([["an unknown check", "/v1/targets/shop/checks/none/rounds", TOKEN, 404], [
    "a wrong token",
    PATH,
    "wrong",
    401,
  ]])("%s is a problem", async (_name, path, token, status) => {
    expect((await (await ready()).look(path, token)).status).toBe(status);
  });
});

describe("GET /v1/regions", () => {
  test("says how far each prober is, what it missed and why", async () => {
    const own = await apiFixture();
    await own.runMinutes(2);
    own.script.set({ missed: "timeout" }, "sin");
    await own.runMinutes(1);
    const { status, body } = await own.call("/v1/regions");
    expect(body.client, "who starts it says by which form it asks").toBeUndefined();
    expect(status).toBe(200);
    expect(body.regions.map(({ id }: { id: string }) => id)).toEqual(["eu", "us", "ap"]);
    const [fra, iad, sin] = body.regions.flatMap(({ probers }: { probers: object[] }) => probers);
    expect(fra).toMatchObject({ id: "fra", kind: "local", lagMs: 60_000, gaps: 0, stale: 0, excluded: null });
    expect(iad).toMatchObject({ kind: "remote", gaps: 0 });
    expect(sin).toMatchObject({ lagMs: 120_000, gaps: 1, reasons: { timeout: 1 }, stale: 0 });
    await own.runMinutes(2);
    const later = (await own.call("/v1/regions")).body.regions[2].probers[0];
    expect(later).toMatchObject({ lagMs: 240_000, stale: 1 });
  });

  test("names who is excluded", async () => {
    const own = await apiFixture();
    own.script.set("suspect", "fra");
    await own.runMinutes(1);
    const { body } = await own.call("/v1/regions");
    expect(body.regions[0].probers[0]).toMatchObject({ excluded: "suspect" });
  });

  test("of probers that never answered says so", async () => {
    const own = await apiFixture();
    const { body } = await own.call("/v1/regions");
    expect(body.regions[0].probers[0]).toMatchObject({ lagMs: null, stale: 1, gaps: 0 });
  });

  test("needs a token", async () => {
    expect((await (await apiFixture()).call("/v1/regions", { token: null })).status).toBe(401);
  });
});
