import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { failingStore } from "../../../world/failing_store.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;

interface Heard {
  id?: string;
  event: string;
  data: ReturnType<typeof JSON.parse>;
}

/** A client as a browser is one: it reads what comes, and knows the last id. */
async function listen(
  app: ReturnType<typeof api>,
  { token = TOKEN, last, cookie }: { token?: string | null; last?: string; cookie?: string } = {},
) {
  const headers: Record<string, string> = {
    ...(token !== null && { authorization: `Bearer ${token}` }),
    ...(last && { "last-event-id": last }),
    ...(cookie && { cookie }),
  };
  const gone = new AbortController();
  const answer = await app.request("/v1/events", { headers, signal: gone.signal });
  const heard: Heard[] = [];
  let ended = false;
  let comments = 0;
  const reading = (async () => {
    let rest = "";
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields.event) heard.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
        else if (block.startsWith(":")) comments++;
      }
    }
    ended = true;
  })().catch(() => void (ended = true));
  return {
    answer,
    heard,
    reading,
    leave: () => gone.abort(),
    comments: () => comments,
    ended: () => ended,
    kinds: () =>
      heard.map(({ event, data }) => `${event} ${data.outcome ?? data.status ?? data.state ?? ""}`.trim()),
  };
}

/** A house with a settled minute, and its app. */
async function settled(store = memoryStore()): Promise<ApiFixture & { app: ReturnType<typeof api> }> {
  const own = await apiFixture({ store });
  await own.runMinutes(2);
  return { ...own, app: api(own) };
}

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_name, open) => {
    test("what changes is told as it changes, and nothing else", async () => {
      const own = await settled(open());
      const client = await listen(own.app);
      expect([client.answer.status, client.answer.headers.get("content-type")]).toEqual([
        200,
        "text/event-stream",
      ]);
      await own.clock.advance(4_000);
      expect(client.heard).toEqual([]);
      own.script.set("drift");
      await own.runMinutes(3);
      expect(client.kinds()).toEqual([
        "settled",
        "status drift",
        "incident open",
        "target not_ready",
        "settled",
        "settled",
      ]);
      expect(client.heard[1]!.data).toMatchObject({ target: "shop", check: "read", outcome: "drift" });
      expect(client.heard[2]!.data).toMatchObject({ kind: "drift", severity: "critical", target: "shop" });
    });

    test("who comes back is told what was missed, also by another process", async () => {
      const own = await settled(open());
      const first = await listen(own.app);
      await own.runMinutes(1);
      const last = first.heard.at(-1)!.id!;
      first.leave();
      own.script.set("down");
      await own.runMinutes(4);
      own.script.set("ready");
      await own.runMinutes(20);
      const again = await listen(api(own), { last });
      await own.clock.advance(0);
      expect(again.kinds()).toEqual(["status ready", "incident resolved", "target ready", "settled"]);
    });
  },
);

test("without a token only coarse words of targets and the slots are told", async () => {
  const own = await settled();
  const client = await listen(own.app, { token: null });
  await own.clock.advance(2_000);
  own.script.set("drift");
  await own.runMinutes(3);
  expect(new Set(client.heard.map(({ event }) => event))).toEqual(new Set(["settled", "target"]));
  expect(client.heard.find(({ event }) => event === "target")!.data).toEqual({
    target: "shop",
    status: "not_ready",
  });
});

test("Assay's own incidents are told as those of targets are, and never without a token", async () => {
  const own = await settled();
  const [client, anybody] = [await listen(own.app), await listen(own.app, { token: null })];
  await own.clock.advance(2_000);
  own.script.set("broken", "sin");
  await own.runMinutes(4);
  own.script.set("ready", "sin");
  await own.runMinutes(1);
  await own.clock.advance(2_000);
  const told = client.heard.filter(({ event }) => event === "incident").map(({ data }) => data);
  expect(told.map(({ target, check, kind, state }) => [target, check, kind, state])).toEqual([
    ["_assay", "prober-sin", "prober", "open"],
    ["_assay", "prober-sin", "prober", "resolved"],
  ]);
  expect(new Set(anybody.heard.map(({ event }) => event))).toEqual(new Set(["settled"]));
  const again = await listen(own.app, { token: null, last: "1" });
  await own.clock.advance(0);
  expect(new Set(again.heard.map(({ event }) => event))).toEqual(new Set(["target", "settled"]));
});

test("evidence that grows old is told, although no slot is settled", async () => {
  const own = await settled();
  const client = await listen(own.app);
  await own.clock.advance(5 * MINUTE);
  expect(client.kinds()).toEqual(["status unknown", "target unknown"]);
});

test("a wrong token is refused, and a Last-Event-ID that is none is ignored", async () => {
  const own = await settled();
  expect((await listen(own.app, { token: "wrong" })).answer.status).toBe(401);
  const client = await listen(own.app, { last: "1e400; DROP TABLE" });
  await own.clock.advance(0);
  expect(client.heard).toEqual([]);
});

test("who comes back after the evidence grew old is told", async () => {
  const own = await settled();
  const first = await listen(own.app);
  await own.runMinutes(1);
  const last = first.heard.at(-1)!.id!;
  first.leave();
  await own.clock.advance(5 * MINUTE);
  const again = await listen(own.app, { last });
  await own.clock.advance(0);
  expect(again.kinds()).toContain("status unknown");
});

test("who comes back is told what a slower lane settled after a newer slot of a faster one", async () => {
  const own = await settled();
  own.script.set("drift");
  await own.runMinutes(2);
  const [{ createdAt } = expect.fail()] = await own.notices();
  await own.runMinutes(1);
  const again = await listen(own.app, { last: `${createdAt + 30_000}` });
  await own.clock.advance(0);
  expect(again.kinds()).toContain("incident open");
});

test("who comes back to a thousand targets is told of all, and the line holds", async () => {
  const target = (id: string) =>
    `  - id: ${id}\n    url: https://${id}.example\n    checks: [{ journey: [{ expect: status == 200 }] }]\n`;
  const many = Array.from({ length: 1_000 }, (_, i) => target(`t${i}`)).join("");
  const own = await apiFixture({ text: withToken(threeRegions([["webhooks:", `${many}webhooks:`]])) });
  await own.runMinutes(1);
  const gone = new AbortController();
  const headers = { authorization: `Bearer ${TOKEN}`, "last-event-id": "1" };
  const answer = await api(own).request("/v1/events", { headers, signal: gone.signal });
  await own.clock.advance(1);
  let [bytes, ended] = [0, false];
  const reading = (async () => {
    for await (const chunk of answer.body!) bytes += chunk.byteLength;
    ended = true;
  })();
  await own.clock.advance(10_000);
  expect(bytes).toBeGreaterThan(100_000);
  expect(ended).toBe(false);
  gone.abort();
  await reading;
}, 60_000);

test("who shows no token leaves room for those who do", async () => {
  const own = await settled();
  await Promise.all(Array.from({ length: 100 }, () => listen(own.app, { token: null })));
  expect((await listen(own.app, { token: null })).answer.status).toBe(503);
  expect((await listen(own.app)).answer.status).toBe(200);
});

test("nobody is read for while nobody listens", async () => {
  const { store, broken } = failingStore(memoryStore());
  const own = await settled(store);
  const client = await listen(own.app);
  await own.clock.advance(4_000);
  client.leave();
  await own.clock.advance(4_000);
  broken.add("readShards");
  const before = own.log.length;
  await own.clock.advance(MINUTE);
  expect(own.log.length).toBe(before);
});

test("a store that fails for a while is said in the log, and the line holds", async () => {
  const { store, broken } = failingStore(memoryStore());
  const own = await settled(store);
  const client = await listen(own.app);
  await own.clock.advance(4_000);
  broken.add("readShards");
  await own.clock.advance(4_000);
  expect(own.log.some(({ message }) => message === "the feed cannot be read")).toBe(true);
  broken.delete("readShards");
  own.script.set("drift");
  await own.runMinutes(3);
  expect(client.kinds()).toContain("incident open");
  expect(client.ended()).toBe(false);
});

test("a line that is quiet is kept alive, and closed after a quarter of an hour", async () => {
  const own = await settled();
  const client = await listen(own.app);
  await own.clock.advance(MINUTE);
  expect(client.comments()).toBe(4);
  await own.clock.advance(15 * MINUTE);
  await client.reading;
  expect(client.ended()).toBe(true);
});

test("a session that another process has ended hears nothing more, and a token goes on", async () => {
  const own = await settled();
  const { headers } = await own.app.request("/login", {
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ token: TOKEN }),
  });
  const [cookie] = headers.get("set-cookie")!.split(";");
  const session = await listen(own.app, { token: null, cookie });
  const token = await listen(own.app);
  expect((await own.call("/v1/sessions", { method: "DELETE" })).status).toBe(204);
  await own.clock.advance(45_000);
  await session.reading;
  own.script.set("drift");
  await own.runMinutes(3);
  expect(session.kinds()).not.toContain("status drift");
  expect([token.kinds().includes("status drift"), token.ended()]).toEqual([true, false]);
});

test("past 200 listeners the next is asked to come later, and gets in when one leaves", async () => {
  const own = await settled();
  const clients = await Promise.all(Array.from({ length: 200 }, () => listen(own.app)));
  const refused = await own.app.request("/v1/events");
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
  expect(await refused.json()).toMatchObject({ type: "urn:assay:problem:busy" });
  clients[0]!.leave();
  expect((await listen(own.app)).answer.status).toBe(200);
});

test("a reader that does not read is hung up on, and holds nobody up", async () => {
  const own = await settled();
  const slow = await own.app.request("/v1/events", { headers: { authorization: `Bearer ${TOKEN}` } });
  const client = await listen(own.app);
  await own.clock.advance(2_000);
  for (let round = 0; round < 60; round++) {
    own.script.set(round % 2 ? "ready" : "down");
    await own.runMinutes(12);
  }
  // What was queued before the end is still there; then the line ends.
  let bytes = 0;
  for await (const chunk of slow.body!) bytes += chunk.byteLength;
  expect(bytes).toBeLessThan(200_000);
  expect(client.heard.length).toBeGreaterThan(0);
}, 60_000);
