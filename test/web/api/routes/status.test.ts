import { describe, expect, test } from "vitest";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { apiFixture, TOKEN, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();

/** Every key of a JSON value, as `a.b[].c`. */
function keys(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keys(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => keys(inner, path ? `${path}.${key}` : key));
}

describe("the coarse status, without a token", () => {
  const COARSE = [
    "at",
    "status",
    "targets[].id",
    "targets[].name",
    "targets[].status",
    "targets[].evidenceAgeMs",
  ];

  test("holds words and ages and nothing else, whatever happened", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    shop.script.set("silent", "sin");
    await shop.runMinutes(3);
    const { status, body, text } = await shop.call("/v1/status", { token: null });
    expect(status).toBe(200);
    expect(new Set(keys(body))).toEqual(new Set(COARSE));
    expect(body).toEqual({
      at: iso(START + 3 * MINUTE),
      status: "not_ready",
      targets: [{ id: "shop", name: "shop", status: "not_ready", evidenceAgeMs: MINUTE }],
    });
    // Words of the config and of the evidence: URLs, regions, probers, checks, journeys, secrets.
    for (
      const word of [
        "http",
        "example",
        "eu",
        "us",
        "ap",
        "fra",
        "iad",
        "sin",
        "read",
        "look",
        "body",
        "pending",
        "tok-",
      ]
    ) {
      const words = text.replace(/"(status|evidenceAgeMs|not_ready|targets)"/g, "");
      expect(words).not.toContain(word);
    }
  });

  test.each(
    [
      ["ready", "ready"],
      ["underclaim", "degraded"],
      ["drift", "not_ready"],
      ["not_ready", "not_ready"],
      ["down", "not_ready"],
      ["inconclusive", "unknown"],
    ] as const,
  )("says of %s only %s", async (said, word) => {
    const shop = await apiFixture();
    shop.script.set(said);
    await shop.runMinutes(2);
    const { body } = await shop.call("/v1/status", { token: null });
    expect([body.status, body.targets[0].status]).toEqual([word, word]);
  });

  test("of a target that was never settled is unknown, without an age", async () => {
    const shop = await apiFixture();
    const { body } = await shop.call("/v1/status", { token: null });
    expect(body.targets).toEqual([{ id: "shop", name: "shop", status: "unknown", evidenceAgeMs: null }]);
  });

  test("is unknown once nobody settles, and never the last colour", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    await shop.clock.advance(90_000);
    expect((await shop.call("/v1/status", { token: null })).body.status).toBe("ready");
    await shop.clock.advance(1);
    const { body } = await shop.call("/v1/status", { token: null });
    expect(body).toMatchObject({
      status: "unknown",
      targets: [{ status: "unknown", evidenceAgeMs: 150_001 }],
    });
  });
});

describe("the whole status, with the token", () => {
  test("shows report and observation of each prober side by side, with their ages", async () => {
    const shop = await apiFixture();
    shop.script.set("drift");
    await shop.runMinutes(2);
    await shop.clock.advance(5_000);
    const { status, body } = await shop.call("/v1/status");
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: "drift",
      checks: { drift: 1 },
      settled: { slot: iso(START + MINUTE), ageMs: 65_000 },
    });
    const [check] = body.targets[0].checks;
    expect(check).toMatchObject({
      id: "read",
      claim: "report",
      scope: "global",
      outcome: "drift",
      since: iso(START + MINUTE),
      evaluatedAt: iso(START + MINUTE),
      evidenceAgeMs: 65_000,
      incidents: [{
        family: "service",
        kind: "drift",
        scope: "global",
        severity: "critical",
        openedAt: iso(START + MINUTE),
        episode: 1,
      }],
    });
    expect(check).not.toHaveProperty("lastOutcome");
    expect(check.regions.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome])).toEqual([
      ["eu", "drift"],
      ["us", "drift"],
      ["ap", "drift"],
    ]);
    expect(check.regions[0].probers).toMatchObject([{
      id: "fra",
      vote: "drift",
      evidenceAgeMs: 65_000,
      stale: false,
      verdict: "drift",
      slot: iso(START + MINUTE),
      reported: {
        state: "ready",
        ageMs: 65_000,
        at: iso(START + MINUTE),
        before: { state: "ready", ageMs: 65_000 },
      },
      observed: {
        outcome: "fail",
        ageMs: 65_000,
        slot: iso(START + MINUTE),
        failure: {
          step: "look",
          expression: "body.state == 'accepted'",
          values: { "body.state": "'pending'" },
        },
        steps: [{ name: "look", status: 500 }],
      },
    }]);
  });

  test("stale: the outcome is unknown in check and regions, and the last outcome is said to be the last", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    await shop.clock.advance(10 * MINUTE);
    const { body } = await shop.call("/v1/status");
    const [check] = body.targets[0].checks;
    expect(body).toMatchObject({
      status: "unknown",
      checks: { unknown: 1 },
      settled: { ageMs: 11 * MINUTE },
    });
    expect(check).toMatchObject({ outcome: "unknown", lastOutcome: "ready", evidenceAgeMs: 11 * MINUTE });
    for (const region of check.regions) {
      expect(region).toMatchObject({
        outcome: "unknown",
        probers: [{ vote: "none", stale: true, evidenceAgeMs: 11 * MINUTE }],
      });
    }
  });

  test("names a silent prober, and the age of evidence grows though slots are settled", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("silent");
    await shop.runMinutes();
    const [check] = (await shop.call("/v1/status")).body.targets[0].checks;
    expect(check.regions[2].probers[0]).toMatchObject({
      id: "sin",
      vote: "ready",
      evidenceAgeMs: 2 * MINUTE,
      missed: { slot: iso(START + MINUTE), reason: "timeout" },
    });
    expect(check).toMatchObject({
      outcome: "ready",
      evaluatedAt: iso(START + MINUTE),
      evidenceAgeMs: 2 * MINUTE,
    });
    const coarse = await shop.call("/v1/status", { token: null });
    expect(coarse.body.targets[0].evidenceAgeMs).toBe(2 * MINUTE);
  });

  test("evidence past its age is unknown, though the slot that was settled over it is young", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("silent");
    await shop.runMinutes(2);
    const { body } = await shop.call("/v1/status", { token: null });
    expect(body.targets).toMatchObject([{ status: "unknown", evidenceAgeMs: 3 * MINUTE }]);
  });

  test("a check without a report has no claim", async () => {
    const text = withToken(threeRegions([["report: { path: /readyz }, ", ""]]));
    const shop = await apiFixture({ text });
    expect((await shop.call("/v1/targets/shop")).body.checks[0].claim).toBe("none");
  });

  test("of one target is that target's part of the whole, and holds beside it what to compare a failure with", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("drift");
    await shop.runMinutes(3);
    shop.script.set("ready", "sin");
    await shop.runMinutes();
    const [whole, one] = [await shop.call("/v1/status"), await shop.call("/v1/targets/shop")];
    expect(one.status).toBe(200);
    const roundsOf = new Map<string, Record<string, { slot: string; observed: { outcome: string } }>>();
    for (
      const prober of one.body.checks[0].regions.flatMap(({ probers }: { probers: object[] }) => probers)
    ) {
      roundsOf.set(prober.id, prober.rounds);
      delete prober.rounds;
    }
    expect(one.body).toEqual(whole.body.targets[0]);
    const seen = [...roundsOf].map(([id, rounds]) => [
      id,
      ...["lastGood", "firstFailed", "latestFailed"].map((name) => rounds[name]!.slot),
    ]);
    const at = (...minutes: number[]) => minutes.map((minute) => iso(START + minute * MINUTE));
    expect(seen).toEqual([["fra", ...at(0, 1, 4)], ["iad", ...at(0, 1, 4)], ["sin", ...at(4, 1, 3)]]);
    expect(roundsOf.get("sin")!.firstFailed!.observed).toMatchObject({
      outcome: "fail",
      failure: { request: { method: "GET", url: "https://shop.example/" }, answer: { status: 500 } },
    });
  });
});

describe("who may see it", () => {
  const GUARDED = ["/v1/targets/shop", "/v1/incidents", "/v1/incidents/x", "/v1/deliveries"];

  test.each(["/v1/status", ...GUARDED])(
    "%s with a wrong token is 401, and says what is wanted",
    async (path) => {
      const shop = await apiFixture();
      const { status, type, headers, body } = await shop.call(path, { token: `${TOKEN}x` });
      expect([status, type, headers.get("www-authenticate")]).toEqual([
        401,
        "application/problem+json",
        'Bearer realm="assay", error="invalid_token"',
      ]);
      expect(body).toMatchObject({ type: "urn:assay:problem:unauthorized", status: 401, instance: path });
    },
  );

  test.each(GUARDED)("%s without any token is 401", async (path) => {
    expect((await (await apiFixture()).call(path, { token: null })).status).toBe(401);
  });

  test.each(GUARDED)("%s is 403 where no token is configured, whatever is sent", async (path) => {
    const shop = await apiFixture({ text: threeRegions() });
    for (const token of [null, "", "undefined", TOKEN]) {
      const { status, type, body } = await shop.call(path, { token });
      // An empty or a missing token is no way in either.
      expect([status, type, body.type]).toEqual([
        403,
        "application/problem+json",
        "urn:assay:problem:forbidden",
      ]);
    }
  });

  test("the coarse status stays public where no token is configured", async () => {
    const shop = await apiFixture({ text: threeRegions() });
    expect((await shop.call("/v1/status", { token: null })).status).toBe(200);
    expect((await shop.call("/v1/status", { token: "undefined" })).status).toBe(403);
  });

  test.each([
    ["/v1/status", "private, no-cache"],
    ["/v1/targets/shop", "no-store"],
    ["/livez", "no-store"],
    ["/nowhere", "no-store"],
  ])("the answer at %s is kept by no shared cache, and guessed at by no browser", async (path, kept) => {
    const { headers } = await (await apiFixture()).call(path);
    expect(headers.get("cache-control")).toBe(kept);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});
