import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SCRIPT_PATH, STYLE_PATH } from "../../../src/web/page/assets.ts";
import { hashOf } from "../api/token_fixture.ts";
import { pageFixture } from "./page_fixture.ts";

const ROUND = "/targets/shop/checks/read/rounds/fra";

/** Five good minutes and then so many of drift, seen by who may do all. */
async function lying(minutes = 4, changes: [string, string][] = []) {
  const house = await pageFixture({ changes });
  await house.runMinutes(5);
  house.script.set("drift");
  await house.runMinutes(minutes);
  const { items: [incident] } = await house.store.listIncidents({ limit: 1 });
  return { ...house, cookie: await house.signIn(), incident: incident! };
}

test("the overview says what is claimed beside what is proven, and how long it drifted", async () => {
  const { get, cookie } = await lying();
  const { status, text, html } = await get("/", cookie);
  expect(status).toBe(200);
  expect(text).toContain("shop overclaims");
  expect(text).toMatch(
    /shop 1 check says ready does fails overclaims · since 22:20 look: body\.state is 'pending' eu drift us drift ap drift/,
  );
  // Opened at the second drifting slot; that one and the two after it, a minute each.
  expect(text).toContain("3 min drift");
  expect(html).toMatch(/<svg class="band"[^>]*aria-label="60h: 66\.66 %, 3 min drift, 9 min of data"/);
});

test("a target tells its contract, its votes against its rule, and where claim and proof part", async () => {
  const { get, cookie, incident } = await lying();
  const { text, html } = await get("/targets/shop", cookie);
  expect(text).toContain(
    "2 of the 3 that report must agree. At least 2 of 3 must report. Now eu, us, ap: drift.",
  );
  expect(html).toContain('aria-label="fra: of 9 slots 4 overclaim and 0 underclaim"');
  expect(text).toContain("A vote turns bad after 2 failed slots in a row and good after 2 passed");
  expect(html).toContain(`href="/incidents/${incident.id}"`);
  expect(html).toContain(`href="${ROUND}"`);
});

test("a target shows the values that must agree, by region, and which check comes first", async () => {
  const write =
    "      - { id: write, after: read, turns: 1, confirm: 0, report: { path: /readyz }, journey: [{ name: put, request: { path: / }, expect: status == 200 }] }\n";
  const world = await pageFixture({
    changes: [
      [
        "expect: status == 200",
        "expect: status == 200, capture: { rev: { value: body.rev, converge: 60s } }",
      ],
      ["webhooks:", `${write}webhooks:`],
    ],
  });
  world.script.capture({ rev: "<41>" }, "fra");
  world.script.capture({ rev: "42" }, "iad");
  await world.runMinutes(2);
  const cookie = await world.signIn();
  const { text, html } = await world.get("/targets/shop", cookie);
  expect(text).toMatch(/rev within 60 s: &lt;41&gt; in eu · 42 in us · no recent value: ap/);
  expect(html).not.toContain("<41>");
  expect(text).toMatch(/Depends on read : judged only while read holds\./);
  expect(text).not.toContain("Not judged now");
  world.script.set("down", "sin");
  await world.runMinutes(2);
  expect((await world.get("/targets/shop", cookie)).text).toContain("Not judged now: sin.");
  expect((await world.get("/")).text).not.toContain("42");
});

test("a round shows both claims, and the failed expression with what was found", async () => {
  const { get, cookie } = await lying();
  const { text } = await get(ROUND, cookie);
  expect(text).toContain("Claim before: ready");
  expect(text).toContain("Claim after: ready");
  expect(text).toMatch(/look GET \/ HTTP 500 5 ms/);
  expect(text).toMatch(
    /Expected body\.state == 'accepted' Found body\.state is 'pending' body\.state 'pending'/,
  );
  expect(text).toContain(
    "Request GET https://shop.example/ accept: */* Response HTTP 500 server: shop {&quot;state&quot;:&quot;pending&quot;}",
  );
  expect(text).toMatch(/Latest 22:\d\d First failed 22:\d\d Last good 22:\d\d/);
});

test("each kept round has its page, and a failed one stands beside the last good, step by step", async () => {
  const { get, cookie } = await lying(3);
  const COMPARED =
    /Failed 22:\d\d Last good 22:\d\d says ready ready look HTTP 500, 5 ms 5 ms journey fail, 5 ms pass, 5 ms/;
  const latest = await get(ROUND, cookie);
  expect(latest.text).toMatch(COMPARED);
  const first = await get(`${ROUND}?round=firstFailed`, cookie);
  expect(first.html).toMatch(/round=firstFailed" aria-current="page">First failed/);
  expect(first.text).toMatch(/overclaims Reason: expectation\. Slot .* Request GET/);
  expect(first.text).toMatch(COMPARED);
  const good = await get(`${ROUND}?round=lastGood`, cookie);
  expect(good.text).toMatch(/Journey: pass in 5 ms/);
  expect(good.text).not.toContain("Request GET");
  expect((await get(`${ROUND}?round=constructor`, cookie)).text).toContain("Vote: drift");
  const calm = await pageFixture();
  await calm.runMinutes(2);
  const { text } = await calm.get(ROUND, await calm.signIn());
  expect(text).not.toContain("Last good");
});

test("a round shows how long the phases of a failed journey's requests took", async () => {
  const house = await pageFixture();
  house.script.measure({ dnsMs: 0.4, connectMs: 1.6, tlsMs: 3, firstByteMs: 40 });
  house.script.set("drift");
  await house.runMinutes(1);
  const { text } = await house.get(ROUND, await house.signIn());
  expect(text).toContain("HTTP 500 DNS 0, connect 2, TLS 3, first byte 40 ms");
});

test("an incident tells its story from the first failed slot, with votes, notices, remarks and deployments", async () => {
  const { get, cookie, incident, runMinutes, script, clock } = await lying(3);
  const path = `/incidents/${incident.id}`;
  await get(`${path}/acknowledge`, cookie, { form: {} });
  await clock.advance(1_000);
  await get(`${path}/comments`, cookie, { form: { text: "we look at it" } });
  script.set("ready");
  await runMinutes(2);
  const { text, html } = await get(path, cookie);
  expect(text).toMatch(
    /22:23:00 resolved: drift, ready, recovered .*said: we look at it .*api\.token acknowledged .*22:20:00 opened: drift .*22:19:00 first failed slot/,
  );
  expect(text).toContain("drift a majority of the 3 regions reporting, at least 2 must report: ");
  expect(text).toMatch(/fra failed in \d of \d+ slots, first 22:19/);
  expect(text).toMatch(
    /Evidence eu · fra look: body\.state is 'pending' .*Failed at look Expected body\.state == 'accepted'/,
  );
  expect(text).toMatch(/Notices: \d pending/);
  expect(text).toContain("incident.opened to ops: pending");
  expect(text).toContain(
    "With failureThreshold 1 it would have opened 60 s earlier. In the 6 min before, nothing else",
  );
  expect(html).toContain('<meta property="og:title" content="shop / read: drift"');
  expect(html).toMatch(
    /<meta property="og:description" content="shop \/ read says ready but its journey fails/,
  );
});

/** Leaves only the region eu. */
const ONE_PROBER = ["us, probers: [{ id: iad", "ap, probers: [{ id: sin"].map((start): [string, string] => [
  `  - { id: ${start}, url: https://${start.slice(-3)}.example, token: "\${env:PROBER_TOKEN}" }] }\n`,
  "",
]);

test("an incident of a single prober is not a matter of majorities", async () => {
  const { get, cookie, incident, runMinutes, script } = await lying(2, ONE_PROBER);
  const path = `/incidents/${incident.id}`;
  const open = await get(path, cookie);
  expect(open.text).toContain("1 of 1 region agrees");
  expect(open.text).toContain("drift the only region: eu drift");
  expect(open.text).toMatch(/fra failed in 2 of 7 slots, first 22:19/);
  expect(open.text).toContain("incident.opened to ops: pending As of");
  expect(open.text).not.toMatch(/majority|\b1 (?:regions|slots|probers)\b|dissent/);
  expect((await get("/targets/shop", cookie)).text).toContain("One vote decides. Now eu: drift.");
  expect((await get("/", cookie)).text).toContain("shop says ready and has failed since 22:20");
  script.set("ready");
  await runMinutes(2);
  const over = await get(path, cookie);
  expect(over.text).toContain("its journey passes in 1 of 1 region Last state: shop / read says ready");
  expect(over.text).toMatch(/22:22:00 resolved: .*22:20:00 opened: drift .*22:19:00 first failed slot/);
});

test("a shared incident shows the public its coarse words, and no more", async () => {
  const { get, incident } = await lying();
  const { status, html, text } = await get(`/incidents/${incident.id}`);
  expect(status).toBe(200);
  expect(html).toContain('<meta property="og:title" content="shop is not ready"');
  expect(text).toContain("Sign in for the evidence");
  expect(text).not.toMatch(/drift|fra|read\b|body\.state|failureThreshold/);
});

test("the list of incidents says of what, for how long and who has taken it on, and can be narrowed", async () => {
  const { get, cookie, incident, script, runMinutes } = await lying();
  await get(`/incidents/${incident.id}/acknowledge`, cookie, { form: {} });
  expect((await get("/incidents?state=open&target=shop", cookie)).text).toMatch(
    /shop read · drift open · \d+ \S+ critical, since [-:\d ]+, acknowledged by api\.token/,
  );
  expect((await get("/incidents?state=resolved", cookie)).text).toContain("No incidents.");
  script.set("ready");
  await runMinutes(3);
  expect((await get("/incidents?state=resolved", cookie)).text).toMatch(/shop read · drift resolved · \d/);
  // What nobody knows is no filter.
  expect((await get("/incidents?state=x&target=x", cookie)).text).toContain("shop read · drift");
});

test("what somebody writes of an incident for everybody replaces the draft, and stands on the public page and in its feed", async () => {
  const { get, cookie, incident, clock } = await lying();
  const path = `/incidents/${incident.id}`;
  const draft = "shop does not work. We are looking into it.";
  expect((await get(path, cookie)).text).toContain(`Text for the public page ${draft}`);
  expect((await get("/status")).text).not.toContain(draft);
  for (const text of ["Orders are <slow>.", "Orders wait for a worker."]) {
    await clock.advance(1_000);
    expect((await get(`${path}/announcements`, cookie, { form: { text } })).status).toBe(303);
  }
  for (const open of ["/status", "/status.atom", path, "/api/v2/incidents.json"]) {
    const { text } = await get(open);
    expect(text, open).toContain("Orders wait for a worker.");
    expect(text, open).not.toContain("slow");
  }
  const { text } = await get(path, cookie);
  expect(text).toContain("Text for the public page Orders wait for a worker.");
  expect(text).toContain("api.token announced: Orders are &lt;slow&gt;.");
});

test("the page says who holds an incident open, and since when", async () => {
  const house = await pageFixture({ changes: [["id: read,", "id: read, quorum: { minReporting: 1 },"]] });
  house.script.set("drift");
  await house.runMinutes(2);
  for (const prober of ["iad", "sin"]) house.script.set("silent", prober);
  house.script.set("ready", "fra");
  await house.runMinutes(4);
  const { items } = await house.store.listIncidents({ limit: 10, target: "shop" });
  const cookie = await house.signIn();
  const held = "held open by iad, silent since 22:15; sin, silent since 22:15";
  expect((await house.get(`/incidents/${items[0]!.id}`, cookie)).text).toContain(held);
  expect((await house.get("/targets/shop", cookie)).text).toContain(`incident: drift (${held})`);
  expect((await house.get("/")).text).not.toContain("held open");
});

test("an incident of Assay's own is shown to who may read, and to the public nowhere", async () => {
  const house = await pageFixture();
  await house.runMinutes();
  house.script.set("broken", "sin");
  await house.runMinutes(4);
  const { items: [incident] } = await house.store.listIncidents({ limit: 1 });
  const path = `/incidents/${incident!.id}`;
  const cookie = await house.signIn();
  expect((await house.get("/incidents", cookie)).text).toMatch(/prober sin .*open · \d min warning, since/);
  const page = await house.get(path, cookie);
  expect(page.text).toContain("prober sin has brought nothing for 3 min");
  expect(page.html).not.toContain("/targets/_assay");
  expect((await house.get(path)).status).toBe(303);
  for (const open of ["/", "/status"]) {
    const { text } = await house.get(open);
    expect(text).not.toMatch(/\bsin\b|_assay|prober/i);
  }
});

test("the public page tells from when to when something was wrong, with a space between", async () => {
  const { get, runMinutes, script } = await lying();
  script.set("ready");
  await runMinutes(2);
  expect((await get("/status")).html).toMatch(
    /shop was not ready<\/b> <small><time [^>]*>[^<]*<\/time> to <time /,
  );
});

test.each([
  ["/", 200],
  ["/status", 200],
  ["/login", 200],
  ["/cards/shop.svg", 200],
  ["/cards/nobody.svg", 404],
  ["/targets/shop", 303],
  ["/targets/nobody", 303],
  [ROUND, 303],
  ["/incidents", 303],
  ["/incidents/nobody", 303],
])("without a session %s answers %i", async (path, expected) => {
  const { get } = await lying();
  const { status, headers, text } = await get(path);
  expect(status).toBe(expected);
  if (expected === 303) expect(headers.get("location")).toBe(`/login?next=${encodeURIComponent(path)}`);
  expect(text).not.toMatch(/drift|\bfra\b|readyz/);
});

test.each([
  ["/targets/nobody"],
  ["/targets/shop/checks/nobody/rounds/fra"],
  ["/targets/shop/checks/read/rounds/nobody"],
  ["/incidents/nobody"],
])("signed in, %s is not there", async (path) => {
  const { get, cookie } = await lying();
  expect((await get(path, cookie)).status).toBe(404);
});

describe("a token for other targets", () => {
  test("sees nothing of this one, on any page", async () => {
    const token = "assay_other";
    const tokens = [{ id: "other", hash: hashOf(token), scopes: ["operate"], targets: ["other-*"] }];
    const house = await pageFixture({ settings: { token: "${env:ASSAY_TOKEN}", tokens } });
    await house.runMinutes(2);
    house.script.set("drift");
    await house.runMinutes(3);
    const { items: [incident] } = await house.store.listIncidents({ limit: 1 });
    const cookie = await house.signIn(token);
    const pages = await Promise.all(
      ["/", "/incidents", "/targets/shop", ROUND, `/incidents/${incident!.id}`].map((path) =>
        house.get(path, cookie)
      ),
    );
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 404, 404, 404]);
    for (const { text } of pages) expect(text).not.toMatch(/shop|\bfra\b/);
    const { status } = await house.get("/targets/shop/silence", cookie, {
      form: { until: "1h", reason: "x" },
    });
    expect(status).toBe(403);
  });
});

describe("old evidence is never shown as if it were now:", () => {
  test("nothing settled for too long", async () => {
    const { get, cookie, clock } = await lying(0);
    expect((await get("/", cookie)).text).toMatch(/says ready does works ready · since 22:14/);
    await clock.advance(10 * 60_000);
    const { text, html } = await get("/", cookie);
    expect(text).toContain("Assay is late: no results for 11 min");
    expect(text).toMatch(/says nothing new does not known no fresh evidence/);
    expect(html).not.toMatch(/<li[^>]*class="ready"/);
    expect((await get("/status")).text).toMatch(/Assay is late.*shop unknown/);
  });

  test("a schedule that rests for the night is not late", async () => {
    const { get, runMinutes, clock } = await pageFixture({
      changes: [["id: read,", "id: read, cron: '* 22 * * *',"]],
    });
    await runMinutes(46);
    await clock.advance(60 * 60_000);
    expect((await get("/status")).text).not.toContain("Assay is late");
    await clock.advance(23 * 60 * 60_000);
    expect((await get("/status")).text).toContain("Assay is late");
  });

  test("one prober that has gone silent is named", async () => {
    const { get, cookie, script, runMinutes } = await lying(0);
    script.set({ missed: "timeout" }, "sin");
    await runMinutes(4);
    expect((await get("/", cookie)).text).toContain("Prober sin: blind, no fresh evidence on 1 of 1 checks.");
    expect((await get("/status")).text).not.toContain("sin");
    expect((await get("/targets/shop/checks/read/rounds/sin", cookie)).text).toContain(
      "This evidence is stale",
    );
  });

  test("a prober that has no room is told with the numbers, to those who run it", async () => {
    const { get, cookie, script, runMinutes } = await lying(0);
    script.set({ missed: "deadline" }, "sin");
    await runMinutes();
    const says = "capacity is short: 1 of 3 rounds were not walked (deadline).";
    expect((await get("/", cookie)).text).toContain(says);
    expect((await get("/status")).text).not.toContain("capacity");
  });

  test("nothing was settled at all", async () => {
    const house = await pageFixture();
    expect((await house.get("/status")).text).toContain("There are no results yet");
  });
});

test("an incident of a daily check reads hours of its shard, not weeks", async () => {
  const { get, signIn, script, runMinutes, clock, store } = await pageFixture({
    changes: [["id: read,", "id: read, cron: '14 22 * * *',"]],
  });
  script.set("drift");
  for (let day = 0; day < 2; day++) {
    await runMinutes(1);
    await clock.advance(1_439 * 60_000);
  }
  const { items: [incident] } = await store.listIncidents({ limit: 1 });
  const cookie = await signIn();
  const asked: number[] = [];
  const samples = store.readSamples.bind(store);
  store.readSamples = (query) => {
    asked.push((query.to - query.from) / 3_600_000);
    return samples(query);
  };
  expect((await get(`/incidents/${incident!.id}`, cookie)).status).toBe(200);
  expect(asked.length).toBeGreaterThan(0);
  expect(Math.max(...asked)).toBeLessThanOrEqual(12);
});

describe("what may be done", () => {
  test("walk now shows what was seen, and stores nothing", async () => {
    const { get, cookie, script, state } = await lying(0);
    const before = await state();
    script.set("drift", "iad");
    const { status, text } = await get("/targets/shop/checks/read/walk", cookie, { form: {} });
    expect(status).toBe(200);
    expect(text).toMatch(/changes no vote.*us · iad overclaims .*Found body\.state is 'pending'/);
    expect(await state()).toEqual(before);
  });

  test("a silence is kept, and stands on the page", async () => {
    const { get, cookie } = await lying();
    const form = { until: "2h", reason: "planned <b>work</b>" };
    const answer = await get("/targets/shop/silence", cookie, { form });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/targets/shop"]);
    const { html } = await get("/targets/shop", cookie);
    expect(html).toContain("by api.token: planned &lt;b&gt;work&lt;/b&gt;");
    expect((await get("/", cookie)).text).toMatch(/overclaims · since 22:20 silenced/);
  });

  test.each([
    ["a silence without a reason", "/targets/shop/silence", { until: "2h", reason: "" }, 400],
    ["a silence of no target", "/targets/nobody/silence", { until: "2h", reason: "x" }, 404],
    ["an empty comment", "/incidents/ID/comments", { text: " " }, 400],
    ["a comment on nothing", "/incidents/nobody/comments", { text: "x" }, 404],
    ["a walk of nothing", "/targets/shop/checks/nobody/walk", {}, 404],
  ])("%s is refused in words", async (_, path, form, expected) => {
    const { get, cookie, incident } = await lying();
    const { status, text } = await get(path.replace("ID", incident.id), cookie, {
      form: form as Record<string, string>,
    });
    expect(status).toBe(expected);
    expect(text).toContain("Request refused");
  });

  test("who may only read is offered nothing, and gets nothing", async () => {
    const token = "assay_reader";
    const tokens = [{ id: "reader", hash: hashOf(token), scopes: ["read"] }];
    const house = await pageFixture({ settings: { token: "${env:ASSAY_TOKEN}", tokens } });
    await house.runMinutes(2);
    const cookie = await house.signIn(token);
    expect((await house.get("/targets/shop", cookie)).html).not.toMatch(/action="\/targets/);
    const { status } = await house.get("/targets/shop/silence", cookie, {
      form: { until: "1h", reason: "x" },
    });
    expect(status).toBe(403);
  });
});

test("every page has the strict policy, keeps nothing in caches, and holds no inline style or script", async () => {
  const { get, cookie, incident } = await lying();
  for (
    const path of [
      "/",
      "/targets/shop",
      ROUND,
      "/incidents",
      `/incidents/${incident.id}`,
      "/status",
      "/login",
    ]
  ) {
    const { headers, html } = await get(path, cookie);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers.get("cache-control")).toBe("no-store");
    expect(html).not.toMatch(/<script(?![^>]* src="\/assets\/)|<style|\sstyle=|\son\w+=|javascript:/);
    expect(html.match(/(?:src|href|action)="(?!\/|#|data:,|"|)[^"]*"/g)).toBeNull();
  }
});

test("the style and the script last for a year, under names of their present content", async () => {
  const { get } = await pageFixture();
  const { html } = await get("/status");
  for (const path of [STYLE_PATH, SCRIPT_PATH]) {
    expect(html).toContain(`"${path}"`);
    const { status, headers, html: text } = await get(path);
    expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect(path).toContain(createHash("sha256").update(text).digest("hex").slice(0, 8));
    // What Cloudflare serves in front of the Worker is the same.
    expect(readFileSync(new URL(`../../../schema${path}`, import.meta.url), "utf8")).toBe(text);
  }
});
