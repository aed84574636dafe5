/** The link in a message: to open it changes nothing, and its form acknowledges once. */
import { describe, expect, test } from "vitest";
import { linkAdder } from "../../../src/engine/notify/acknowledge_link.ts";
import { deliver, type WebhookEvent } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { listComments } from "../../../src/storage/records/comments.ts";
import type { Delivery } from "../../../src/storage/store.ts";
import { DAY_MS } from "../../../src/base/time.ts";
import { ORIGIN, type PageFixture, pageFixture } from "./page_fixture.ts";

/** A shop that drifts, and the link of the message that told of it. */
async function drifting(
  { publicUrl = ORIGIN, changes = [] }: { publicUrl?: string; changes?: [string, string][] } = {},
) {
  const house = await pageFixture({
    changes: [["version: 1", `version: 1\npublicUrl: ${publicUrl}`], ...changes],
  });
  house.script.set("drift");
  await house.runMinutes(3);
  const { items: [incident] } = await house.store.listIncidents({ limit: 1, target: "shop" });
  const link = await linkOf(house, incident!.id);
  return { ...house, incident: incident!, link, comments: () => listComments(house.store, incident!.id) };
}

/** The path of the link in the newest message of an incident. */
async function linkOf({ ports, config, store }: PageFixture, incident: string): Promise<string> {
  const { items: [notice] } = await store.listDeliveries({ incident, limit: 1 });
  const event: WebhookEvent = JSON.parse(notice!.body);
  expect(event.data.links?.acknowledge).toBeUndefined();
  const { data } = await linkAdder(ports, store, config.publicUrl)(event, [notice!]);
  return new URL(data.links!.acknowledge!).pathname;
}

const acknowledging = { form: { text: "ada" } };

test("a message holds the link, the same at every try; the store holds none", async () => {
  const { ports, config, store, incident, link } = await drifting();
  const bodies: string[] = [];
  for (const status of [500, 200]) {
    const fetch: typeof ports.fetch = (_url, { body }) => {
      bodies.push(String(body));
      return Promise.resolve({ status, headers: new Headers(), body: null } as never);
    };
    await store.wakeDeliveries({ webhook: "ops", nowMs: ports.clock.now(), after: 0 });
    await deliver({ ...ports, fetch }, store, config, { sinks: SINKS, linkAdder }).catch(() => {});
  }
  const told = bodies.map((body) => JSON.parse(body) as WebhookEvent);
  expect(told.length).toBeGreaterThan(1);
  expect(new Set(told.map(({ data }) => data.links!.acknowledge)).size).toBe(1);
  expect(told[0]!.data.links!.acknowledge).toBe(`${ORIGIN}${link}`);
  const { items } = await store.listDeliveries({ incident: incident.id, limit: 9 });
  expect(JSON.stringify(items)).not.toContain("/acknowledge/");
});

test("scanners that open it, and ask for its head, acknowledge nothing; a person reads what it is about", async () => {
  const { get, link, incident, comments } = await drifting();
  for (let n = 0; n < 3; n++) {
    const { status, text, headers } = await get(link);
    expect([status, headers.get("referrer-policy"), headers.get("cache-control")]).toEqual([
      200,
      "no-referrer",
      "no-store",
    ]);
    expect(text).toContain("critical : shop / read: drift , since 2023-11-14 22:15:00");
  }
  await get(link, undefined, { method: "HEAD" });
  await get(link, undefined, { method: "OPTIONS" });
  expect(await comments()).toEqual([]);
  expect((await get(link)).html).toContain(`<form class="action" method="post" action="${link}">`);
  expect(incident.state).toBe("open");
});

test("its form acknowledges without a session, and list, overview, incident and API say who and when", async () => {
  const { get, link, incident, signIn, store } = await drifting();
  const { status, headers } = await get(link, undefined, acknowledging);
  expect([status, headers.get("location")]).toEqual([303, link]);
  expect((await get(link)).text).toMatch(
    /Acknowledged .* By link to ops , 2023-11-14 22:\d\d:\d\d : ada \./,
  );
  const cookie = await signIn();
  const said = /acknowledged by link to ops , (2023-11-14 )?22:\d\d/;
  for (const path of ["/", "/incidents", `/incidents/${incident.id}`]) {
    expect((await get(path, cookie)).text).toMatch(said);
  }
  expect((await get(`/incidents/${incident.id}`, cookie)).html).not.toContain('id="acknowledge"');
  const api = JSON.parse((await get(`/v1/incidents/${incident.id}`, cookie)).html);
  expect(api).toMatchObject({
    acknowledgedBy: "link to ops",
    comments: [{ kind: "acknowledged", text: "ada" }],
  });
  const list = JSON.parse((await get("/v1/incidents", cookie)).html);
  expect(list.incidents[0]).toMatchObject({
    acknowledgedBy: "link to ops",
    acknowledgedAt: api.acknowledgedAt,
  });
  const { items: [notice] } = await store.listDeliveries({ incident: incident.id, limit: 1 });
  expect(notice!.type).toBe("incident.acknowledged");
  const { data }: WebhookEvent = JSON.parse(notice!.body);
  expect(data).toMatchObject({
    summary: "shop / read (drift) is acknowledged by link to ops: ada",
    acknowledgement: { at: api.acknowledgedAt, by: "link to ops", text: "ada" },
  });
});

describe("of a message about several", () => {
  /** Shop, till and lamp drift; the link of one message that tells of all. */
  async function several() {
    const check =
      "{ id: read, turns: 1, confirm: 0, report: { path: /readyz }, journey: [{ request: { path: / }, expect: status == 200 }] }";
    const others = ["till", "lamp"].map((id) =>
      `  - { id: ${id}, url: "https://${id}.example", checks: [${check}] }\n`
    );
    const house = await drifting({ changes: [["webhooks:", `${others.join("")}webhooks:`]] });
    const { ports, config, store } = house;
    const { items } = await store.listDeliveries({ limit: 9 });
    const told = items.filter(({ type }) => type === "incident.opened");
    const incidentOf = async (target: string) => (await store.listIncidents({ limit: 1, target })).items[0]!;
    const addLink = linkAdder(ports, store, config.publicUrl);
    const event: WebhookEvent = JSON.parse(told[0]!.body);
    const linkTo = async (count: number) => {
      const notices = Array.from({ length: count }, (_, i) => told[i] ?? told[0]!);
      return (await addLink(event, notices as [Delivery, ...Delivery[]])).data.links?.acknowledge;
    };
    return { ...house, incidentOf, linkTo, link: new URL((await linkTo(3))!).pathname };
  }

  test("it lists them, and acknowledges once those that are open and that nobody has taken on", async () => {
    const { get, link, script, runMinutes, signIn, incidentOf, store } = await several();
    expect((await get(link)).text).toContain("Acknowledge these 3 incidents?");
    await get(`/incidents/${(await incidentOf("till")).id}/acknowledge`, await signIn(), { form: {} });
    script.set("ready", undefined, "lamp/read");
    await runMinutes(3);
    const { text } = await get(link);
    expect(text).toContain("shop / read: drift");
    expect(text).toMatch(/till \/ read: drift .* By api\.token/);
    expect(text).not.toContain("lamp");
    expect((await get(link, undefined, acknowledging)).status).toBe(303);
    expect((await get(link)).text).toContain("Acknowledged");
    expect((await get(link, undefined, acknowledging)).status).toBe(409);
    const by = async (target: string) =>
      (await listComments(store, (await incidentOf(target)).id)).map(({ by }) => by);
    expect([await by("shop"), await by("till"), await by("lamp")])
      .toEqual([["link to ops"], ["api.token"], []]);
  });

  test("there is none for more than 20: receivers cut or refuse longer addresses", async () => {
    const { linkTo } = await several();
    expect((await linkTo(20))!.length).toBeLessThan(700);
    expect(await linkTo(21)).toBeUndefined();
  });
});

describe("it is refused", () => {
  const refused = async (
    house: Awaited<ReturnType<typeof drifting>>,
    path: string,
    status: number,
    text: string,
  ) => {
    const before = await house.comments();
    for (const sending of [undefined, acknowledging]) {
      const answer = await house.get(path, undefined, sending);
      expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)]);
      expect(answer.headers.get("location")).toBeNull();
    }
    expect(await house.comments()).toEqual(before);
  };

  test("a second time, and when two use it at once", async () => {
    const house = await drifting();
    const both = await Promise.all([1, 2].map(() => house.get(house.link, undefined, acknowledging)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([303, 409]);
    expect((await house.get(house.link, undefined, acknowledging)).status).toBe(409);
    expect(await house.comments()).toHaveLength(1);
  });

  test("once somebody else has acknowledged", async () => {
    const house = await drifting();
    const cookie = await house.signIn();
    await house.get(`/incidents/${house.incident.id}/acknowledge`, cookie, { form: {} });
    expect((await house.get(house.link, undefined, acknowledging)).status).toBe(409);
    expect((await house.comments()).map(({ by }) => by)).toEqual(["api.token"]);
  });

  test("when it has expired", async () => {
    const house = await drifting();
    await house.clock.advance(7 * DAY_MS);
    await refused(house, house.link, 403, "This link has expired");
  });

  test("when its incident is over, and in the next episode", async () => {
    const house = await drifting();
    house.script.set("ready");
    await house.runMinutes(3);
    await refused(house, house.link, 409, "Already resolved");
    house.script.set("drift");
    await house.runMinutes(3);
    expect((await house.store.getIncident(house.incident.id))!.episode).toBe(2);
    await refused(house, house.link, 409, "Already resolved");
  });

  test.each<[string, (parts: string[]) => string[]]>([
    ["another incident", ([, a, , ...rest]) => ["", a!, "inc_other", ...rest]],
    ["another episode", ([, a, b, , ...rest]) => ["", a!, b!, "2", ...rest]],
    ["another receiver", ([, a, b, c, , ...rest]) => ["", a!, b!, c!, "chat", ...rest]],
    ["a later end", ([, a, b, c, d, , e]) => ["", a!, b!, c!, d!, "9999999999999", e!]],
    ["another signature", (parts) => [...parts.slice(0, -1), "0".repeat(64)]],
  ])("for %s", async (_, change) => {
    const house = await drifting();
    await refused(house, change(house.link.split("/")).join("/"), 404, "Invalid link");
  });

  test("after everybody was signed out, and a new message has a good one", async () => {
    const house = await drifting();
    const cookie = await house.signIn();
    await house.get("/logout", cookie, { form: { everywhere: "yes" } });
    await house.clock.advance(31_000);
    await refused(house, house.link, 404, "Invalid link");
    const { incident } = house;
    expect((await house.get(await linkOf(house, incident.id), undefined, acknowledging)).status).toBe(303);
  });

  test.each<[string, Record<string, string>]>([
    ["from another page", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
    ["without a word of where it comes from", { origin: "", "sec-fetch-site": "none" }],
  ])("as a form sent %s", async (_, headers) => {
    const house = await drifting();
    const answer = await house.get(house.link, undefined, { ...acknowledging, headers });
    expect([answer.status, await house.comments()]).toEqual([403, []]);
  });
});

test("a store that fails acknowledges nothing, and the link is good for another try", async () => {
  const house = await drifting();
  const { get, store, link, comments } = house;
  const { enqueue } = store;
  store.enqueue = () => Promise.reject(new Error("disk full"));
  expect((await get(link, undefined, acknowledging)).status).toBe(500);
  expect(await comments()).toEqual([]);
  store.enqueue = enqueue;
  expect((await get(link, undefined, acknowledging)).status).toBe(303);
  expect(await comments()).toMatchObject([{ kind: "acknowledged", text: "ada" }]);
});

test("it leads nowhere else, whatever is asked of it", async () => {
  const { get, link } = await drifting();
  const evil = `${link}?next=https://evil.example&url=//evil.example`;
  expect((await get(evil)).html).not.toContain("evil.example");
  const { headers } = await get(evil, undefined, { form: { next: "https://evil.example", text: "x" } });
  expect(headers.get("location")).toBe(link);
  for (
    const path of [
      "//evil.example/acknowledge/a/1/b/1/" + "0".repeat(64),
      "/acknowledge/https://evil.example",
    ]
  ) {
    const answer = await get(`${ORIGIN}${path}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([404, null]);
  }
});

test("under a path of somebody's domain it leads back there", async () => {
  const { get, link } = await drifting({ publicUrl: `${ORIGIN}/ready/` });
  expect(link).toMatch(/^\/ready\/acknowledge\//);
  const inside = link.slice("/ready".length);
  expect((await get(inside)).html).toContain(`action="${link}"`);
  expect((await get(inside, undefined, acknowledging)).headers.get("location")).toBe(link);
});

test("without a public URL messages have no link", async () => {
  const { ports, store } = await drifting();
  const { items: [notice] } = await store.listDeliveries({ limit: 1 });
  const event = JSON.parse(notice!.body);
  expect(await linkAdder(ports, store, undefined)(event, [notice!])).toEqual(event);
});
