import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture } from "../api_fixture.ts";

const MINUTE = 60_000;
const CHECK = 'instance="shop/read",target="shop",check="read"';
const FRA = `${CHECK},region="eu",prober="fra"`;
const SIN = `${CHECK},region="ap",prober="sin"`;

/** Values by series, as written: `name{labels}`. */
async function scrape(shop: ApiFixture, token?: string): Promise<Record<string, number>> {
  const { text } = await shop.call("/metrics", { token });
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

/** Those of one metric, by what stands between the braces. */
const of = (all: Record<string, number>, name: string) =>
  Object.fromEntries(
    Object.entries(all).filter(([key]) => key.split("{")[0] === name)
      .map(([key, value]) => [key.slice(name.length + 1, -1), value]),
  );

const STORES = [["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const;

describe.each(STORES)("metrics over the %s store", (_, open) => {
  test("of a drift: the claim beside what was seen, the word, the votes, how long, and the incident", async () => {
    const shop = await apiFixture({ store: open() });
    shop.script.set("drift");
    await shop.runMinutes(2);
    await shop.clock.advance(5_000);
    const all = await scrape(shop);
    expect(all).toMatchObject({
      [`probe_success{${FRA}}`]: 0,
      [`probe_duration_seconds{${FRA}}`]: 0.005,
      [`probe_http_status_code{${FRA}}`]: 500,
      [`readiness_reported{${FRA},state="ready"}`]: 1,
      [`readiness_observed{${FRA}}`]: 0,
      [`readiness_evidence_age_seconds{${FRA}}`]: 65,
      [`readiness_stale{${FRA}}`]: 0,
      [`readiness_verdict{${CHECK},outcome="drift"}`]: 1,
      [`readiness_verdict{${CHECK},outcome="ready"}`]: 0,
      [`readiness_drift_seconds{${CHECK}}`]: 65,
      [`readiness_quorum_votes{${CHECK},vote="drift"}`]: 3,
      [`readiness_quorum_votes{${CHECK},vote="ready"}`]: 0,
      [`readiness_incident_open{${CHECK},family="service"}`]: 1,
      [`readiness_incident_open{${CHECK},family="quality"}`]: 0,
      ["assay_checks"]: 1,
      ["assay_last_settled_slot_timestamp_seconds"]: (START + MINUTE) / 1000,
      ['assay_recent_deliveries{state="pending"}']: 1,
      ['assay_recent_deliveries{state="dead"}']: 0,
      ['assay_webhook_disabled{webhook="ops"}']: 0,
    });
    expect(Object.values(of(all, "readiness_verdict")).filter(Boolean)).toEqual([1]);
  });

  test("a webhook that is disabled, and a notice that is dead", async () => {
    const shop = await apiFixture({ store: open() });
    shop.script.set("down");
    await shop.runMinutes(2);
    const [notice] = await shop.notices();
    await shop.store.recordAttempt(notice!.id, { state: "dead", attempts: 9, nextAt: 0 });
    await shop.store.disableWebhook("ops", START);
    const all = await scrape(shop);
    expect(of(all, "assay_recent_deliveries")).toEqual({
      'state="pending"': 0,
      'state="delivered"': 0,
      'state="dead"': 1,
    });
    expect(all['assay_webhook_disabled{webhook="ops"}']).toBe(1);
  });
});

test.each(STORES)("own incidents are told beside those of targets, over the %s store", async (_, open) => {
  const shop = await apiFixture({ store: open() });
  await shop.runMinutes();
  const well = { capacity: 0, delivery: 0, schedule: 0, "prober-iad": 0, "prober-fra": 0, "prober-sin": 0 };
  const labelled = (values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([check, value]) => [`check="${check}"`, value]));
  expect(of(await scrape(shop), "assay_incident_open")).toEqual(labelled(well));
  shop.script.set("broken", "sin");
  shop.delivery.read = () => Promise.resolve({ cause: "nothing goes out" });
  await shop.runMinutes(4);
  const ailing = { ...well, delivery: 1, "prober-sin": 1 };
  expect(of(await scrape(shop), "assay_incident_open")).toEqual(labelled(ailing));
  shop.script.set("ready", "sin");
  await shop.runMinutes();
  expect(of(await scrape(shop), "assay_incident_open")).toEqual(labelled({ ...ailing, "prober-sin": 0 }));
});

describe("what is not known is not there", () => {
  const OF_EVIDENCE = [
    "probe_success",
    "probe_duration_seconds",
    "probe_http_status_code",
    "readiness_reported",
    "readiness_observed",
    "readiness_drift_seconds",
    "readiness_quorum_votes",
  ];

  test("stale evidence has an age and the word unknown, and no last value", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    await shop.runMinutes(2);
    await shop.clock.advance(90_000);
    expect((await scrape(shop))[`readiness_verdict{${CHECK},outcome="drift"}`]).toBe(1);
    await shop.clock.advance(1);
    const all = await scrape(shop);
    for (const name of OF_EVIDENCE) expect(of(all, name), name).toEqual({});
    expect(of(all, "readiness_verdict")).toEqual({ [`${CHECK},outcome="unknown"`]: 1 });
    expect(all).toMatchObject({
      [`readiness_stale{${FRA}}`]: 1,
      [`readiness_evidence_age_seconds{${FRA}}`]: 150.001,
      // Silence closes no incident.
      [`readiness_incident_open{${CHECK},family="service"}`]: 1,
    });
  });

  test("nothing was settled yet", async () => {
    const all = await scrape(await apiFixture());
    for (const name of [...OF_EVIDENCE, "readiness_evidence_age_seconds", "readiness_incident_open"]) {
      expect(of(all, name), name).toEqual({});
    }
    expect(all).not.toHaveProperty("assay_last_settled_slot_timestamp_seconds");
    expect(of(all, "readiness_verdict")).toEqual({ [`${CHECK},outcome="unknown"`]: 1 });
    expect(all[`readiness_stale{${SIN}}`]).toBe(1);
  });

  test("one silent prober is stale, the others are not, and the word is theirs", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("silent", "sin");
    await shop.runMinutes(3);
    const all = await scrape(shop);
    expect(all).not.toHaveProperty([`probe_success{${SIN}}`]);
    expect(all).toMatchObject({
      [`readiness_stale{${SIN}}`]: 1,
      [`probe_success{${FRA}}`]: 1,
      [`readiness_verdict{${CHECK},outcome="ready"}`]: 1,
      [`readiness_quorum_votes{${CHECK},vote="pending"}`]: 1,
    });
  });

  test.each(["inconclusive", "suspect"] as const)("a prober that is %s is no red target", async (said) => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set(said, "sin");
    await shop.runMinutes();
    const all = await scrape(shop);
    for (const name of ["probe_success", "readiness_observed", "probe_http_status_code"]) {
      expect(all, name).not.toHaveProperty([`${name}{${SIN}}`]);
    }
    expect(all[`probe_success{${FRA}}`]).toBe(1);
  });

  test("the status of a journey that passed is not kept, so it is not made up", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    expect(of(await scrape(shop), "probe_http_status_code")).toEqual({});
  });
});

test("the phases of the journey's requests and the end of its certificate, as blackbox_exporter names them", async () => {
  const shop = await apiFixture();
  const certificate = { notAfter: START + 86_400_000, issuer: "Example CA" };
  shop.script.measure({ dnsMs: 0.5, connectMs: 0.25, tlsMs: 1, firstByteMs: 2, certificate });
  await shop.runMinutes();
  const all = await scrape(shop);
  expect(of(all, "probe_ssl_earliest_cert_expiry")[FRA]).toBe(START / 1000 + 86_400);
  const phases = of(all, "probe_http_duration_seconds");
  expect(phases[`${FRA},phase="processing"`]).toBe(0.002);
  expect(phases[`${FRA},phase="tls"`]).toBe(0.001);
  const sum = ["resolve", "connect", "tls", "processing", "transfer"]
    .reduce((seconds, phase) => seconds + phases[`${FRA},phase="${phase}"`]!, 0);
  expect(sum).toBeCloseTo(0.005);
  await shop.clock.advance(10 * MINUTE);
  expect(of(await scrape(shop), "probe_ssl_earliest_cert_expiry")).toEqual({});
});

describe("how much there is", () => {
  const series = async (shop: ApiFixture) => Object.keys(await scrape(shop)).length;

  test("at most 7 series for each prober, 29 for each check, 8, one for each prober and three for each webhook for Assay", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    await shop.runMinutes(2);
    expect(await series(shop)).toBe(3 * 7 + 29 + 8 + 3 + 3);
  });

  test("labels are ids of the config: what a service says in its report is in none", async () => {
    const shop = await apiFixture();
    for (const said of ["drift", "down", "underclaim", "starting"] as const) {
      shop.script.set(said);
      await shop.runMinutes(3);
      expect(await series(shop)).toBeLessThanOrEqual(3 * 7 + 29 + 8 + 3 + 3);
    }
  });
});

describe("who may see it", () => {
  test.each([["no token", null], ["a wrong one", "x"]])(
    "%s is 401, and no metric is in the answer",
    async (_, token) => {
      const shop = await apiFixture();
      await shop.runMinutes();
      const { status, type, text } = await shop.call("/metrics", { token });
      expect([status, type]).toEqual([401, "application/problem+json"]);
      expect(text).not.toContain("readiness_");
    },
  );

  test("the right one gets the text format, which no cache keeps", async () => {
    const { status, type, headers } = await (await apiFixture()).call("/metrics");
    expect([status, type, headers.get("cache-control")]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
      "no-store",
    ]);
  });

  test("a token for one target sees that target, and no notices", async () => {
    const token = "tok-of-the-shop-team";
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
    const text = threeRegions([
      [
        "version: 1",
        `version: 1\napi: { tokens: [{ id: team, hash: "sha256:${digest.toHex()}", scopes: [read], targets: ["sh*"] }] }`,
      ],
      [
        "webhooks:",
        "  - { id: till, url: https://till.example, checks: [{ id: read, journey: [{ request: { path: / }, expect: status == 200 }] }] }\nwebhooks:",
      ],
    ]);
    const shop = await apiFixture({ text });
    await shop.runMinutes();
    const { status, text: seen } = await shop.call("/metrics", { token });
    expect(status).toBe(200);
    expect(seen).toContain('target="shop"');
    expect(seen).not.toContain("till");
    expect(seen).toContain("\nassay_checks 1\n");
    expect(seen).not.toMatch(/^assay_(recent|webhook)/m);
  });
});
