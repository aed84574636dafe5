import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenAccess } from "../../../../src/web/api/middleware/access.ts";
import {
  type Digest,
  indexOfDigest,
  sha256,
  timingSafeEqual,
} from "../../../../src/web/api/middleware/credentials.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import { failingStore } from "../../../world/failing_store.ts";
import { START } from "../../../world/test_env.ts";
import { bearer, KEYS, type TokenFixture, tokenFixture } from "../token_fixture.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (at: number) => new Date(at).toISOString();

describe("scopes", () => {
  const RESEND = "/v1/deliveries/none/resend";

  // What each token is answered: reading detail, acting (409: there is no such delivery), the list of tokens.
  test.each(
    [
      ["root", 200, 409, 200],
      ["admin", 200, 409, 200],
      ["operate", 200, 409, 403],
      ["read", 200, 403, 403],
      ["report", 403, 403, 403],
      ["spent", 401, 401, 401],
    ] as const,
  )("a token to %s: read %i, operate %i, admin %i", async (key, read, operate, admin) => {
    const { ask } = await tokenFixture();
    const authorization = bearer(KEYS[key]);
    const answers = [
      await ask("/v1/targets/billing", { authorization }),
      await ask(RESEND, { authorization, method: "POST" }),
      await ask("/v1/tokens", { authorization }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([read, operate, admin]);
  });

  // RFC 6750 section 3 and 3.1: no error code if nothing was shown; 401 invalid_token; 403 insufficient_scope.
  test.each<[string, string | undefined, number, string | null]>([
    ["nothing", undefined, 401, 'Bearer realm="assay"'],
    ["an unknown token", bearer("assay_nobody"), 401, 'Bearer realm="assay", error="invalid_token"'],
    ["an empty token", "Bearer ", 401, 'Bearer realm="assay", error="invalid_token"'],
    ["another scheme", `Digest ${KEYS.admin}`, 401, 'Bearer realm="assay", error="invalid_token"'],
    ["an expired token", bearer(KEYS.spent), 401, 'Bearer realm="assay", error="invalid_token"'],
    ["a broken Basic", "Basic !!!", 401, 'Bearer realm="assay", error="invalid_token"'],
    ["a hash as a token", bearer("sha256:00"), 401, 'Bearer realm="assay", error="invalid_token"'],
    [
      "too small a token",
      bearer(KEYS.read),
      403,
      'Bearer realm="assay", error="insufficient_scope", scope="admin"',
    ],
    ["the right one", bearer(KEYS.admin), 200, null],
    ["its scheme in other letters", `bEaReR  ${KEYS.admin}`, 200, null],
    ["it as password, as of https://gate:TOKEN@host", `Basic ${btoa(`gate:${KEYS.admin}`)}`, 200, null],
    [
      "it as user name",
      `Basic ${btoa(`${KEYS.admin}:`)}`,
      401,
      'Bearer realm="assay", error="invalid_token"',
    ],
  ])("%s", async (_, authorization, status, challenge) => {
    const { ask } = await tokenFixture();
    const answer = await ask("/v1/tokens", { authorization });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([status, challenge]);
  });

  test("an unknown and an expired token get the very same answer", async () => {
    const { ask } = await tokenFixture();
    const [unknown, spent] = [
      await ask("/v1/tokens", { authorization: bearer("assay_nobody") }),
      await ask("/v1/tokens", { authorization: bearer(KEYS.spent) }),
    ];
    expect(spent.text).toBe(unknown.text);
  });
});

describe("expiry and rotation", () => {
  test("a token is refused from its instant on; the new one of the same id goes on", async () => {
    const { ask, clock } = await tokenFixture();
    const statuses = async () => {
      const answers = [KEYS.old, KEYS.fresh].map((key) =>
        ask("/v1/incidents", { authorization: bearer(key) })
      );
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    await clock.advance(Date.parse("2023-11-14T22:15:00Z") - START - 1);
    expect(await statuses()).toEqual([200, 200]);
    await clock.advance(1);
    expect(await statuses()).toEqual([401, 200]);
  });

  test("a date includes its day", async () => {
    const tokens = [{
      id: "day",
      hash: `sha256:${"00".repeat(32)}`,
      scopes: ["read"],
      expires: "2023-11-14",
    }];
    const { config } = await tokenFixture({ more: { tokens } });
    expect(config.api.tokens[0]!.expiresAt).toBe(Date.parse("2023-11-15T00:00:00Z"));
  });
});

describe("targets", () => {
  const authorization = bearer(KEYS.shop);

  test("the status has only those that the token is good for, and judges only them", async () => {
    const { ask, runMinutes, script } = await tokenFixture();
    script.set("drift", undefined, "billing/read");
    await runMinutes(2);
    const mine = await ask("/v1/status", { authorization });
    const all = await ask("/v1/status", { authorization: bearer(KEYS.read) });
    const ids = (targets: { id: string }[]) => targets.map(({ id }) => id);
    expect(ids(mine.body.targets)).toEqual(["shop-eu", "shop-us"]);
    expect(mine.body).toMatchObject({ status: "ready", checks: { ready: 2 } });
    expect(ids(all.body.targets)).toEqual(["shop-eu", "billing", "shop-us"]);
    expect(all.body.status).toBe("drift");
    expect(mine.text).not.toContain("billing");
  });

  test("a target that is named is 403, whether there is one or not", async () => {
    const { ask } = await tokenFixture();
    const paths = ["shop-eu", "shop-none", "billing", "none"].map((id) => `/v1/targets/${id}`);
    const answers = await Promise.all(paths.map((path) => ask(path, { authorization })));
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 403, 403]);
    expect(answers[2]!.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  });

  test("an incident of another target is not there, in lists or by id", async () => {
    const { ask, runMinutes, script } = await tokenFixture();
    script.set("down");
    await runMinutes(2);
    const all = await ask("/v1/incidents", { authorization: bearer(KEYS.read) });
    const mine = await ask("/v1/incidents", { authorization });
    const targets = (list: { target: string }[]) => list.map(({ target }) => target).sort();
    expect(targets(all.body.incidents)).toEqual(["billing", "shop-eu", "shop-us"]);
    expect(targets(mine.body.incidents)).toEqual(["shop-eu", "shop-us"]);
    const byId = await Promise.all(
      all.body.incidents.map(({ id }: { id: string }) => ask(`/v1/incidents/${id}`, { authorization })),
    );
    const seen = all.body.incidents.map((
      { target }: { target: string },
      i: number,
    ) => [target, byId[i].status]);
    expect(Object.fromEntries(seen)).toEqual({ "shop-eu": 200, "shop-us": 200, "billing": 404 });
  });

  test.each(["incidents", "deliveries"])(
    "%s are paged to the end, each once, whatever is left out",
    async (list) => {
      const { ask, runMinutes, script } = await tokenFixture();
      for (const said of ["down", "ready", "drift"] as const) {
        script.set(said);
        await runMinutes(14);
      }
      const page = async (limit: number, before: string | null) => {
        const cursor = before === null ? "" : `&before=${encodeURIComponent(before)}`;
        return (await ask(`/v1/${list}?limit=${limit}${cursor}`, { authorization })).body;
      };
      const whole = (await page(200, null))[list].map(({ id }: { id: string }) => id);
      const everyone = await ask(`/v1/${list}?limit=200`, { authorization: bearer(KEYS.read) });
      // Two of three targets, and all three did the same.
      expect([whole.length, everyone.body[list].length]).toEqual([whole.length, whole.length / 2 * 3]);
      expect(whole.length).toBeGreaterThanOrEqual(4);
      for (const limit of [1, 2, 3]) {
        const ids: string[] = [];
        let next: string | null = null;
        for (let pages = 0; pages < 50; pages++) {
          const read = await page(limit, next);
          expect(read[list].length).toBeLessThanOrEqual(limit);
          ids.push(...read[list].map(({ id }: { id: string }) => id));
          next = read.next;
          if (next === null) break;
        }
        expect({ limit, ids }).toEqual({ limit, ids: whole });
      }
    },
  );

  describe("a silence", () => {
    const silence = (match: object) => JSON.stringify({ match, until: "30m", reason: "release" });
    const post = (own: TokenFixture, match: object, key = KEYS.shop) =>
      own.ask("/v1/silences", { method: "POST", body: silence(match), authorization: bearer(key) });

    test.each([
      ["another target", { target: "billing" }, "billing"],
      ["a target that is none", { target: "none" }, "none"],
      ["all targets", { target: "*" }, "all its targets"],
      ["some of others by a glob", { target: "*b*" }, "all its targets"],
      ["a check of all", { check: "*" }, "all its targets"],
    ])("of %s is 403, and names only what the request names", async (_name, match, named) => {
      const { status, body } = await post(await tokenFixture(), match);
      expect([status, body.detail]).toEqual([403, `Token shops does not cover ${named}`]);
    });

    test("that others made shows no target of others", async () => {
      const own = await tokenFixture();
      const made = await post(own, { target: "*" }, KEYS.operate);
      expect(made.body.checks).toHaveLength(3);
      const { body, text } = await own.ask("/v1/silences", { authorization });
      expect(body.silences).toMatchObject([{ id: made.body.id }]);
      expect(body.silences[0].checks).toHaveLength(2);
      expect(text).not.toContain("billing");
      const end = await own.ask(`/v1/silences/${made.body.id}`, { authorization, method: "DELETE" });
      expect([end.status, end.body.detail]).toEqual([403, "Token shops does not cover all its targets"]);
    });
  });

  test("a delivery is sent again only by a token for all targets", async () => {
    const { ask } = await tokenFixture();
    const answer = await ask("/v1/deliveries/none/resend", { authorization, method: "POST" });
    expect([answer.status, answer.body.detail]).toEqual([403, "Token shops does not cover all targets"]);
  });
});

describe("GET /v1/tokens", () => {
  test("says what each is good for, never its hash", async () => {
    const { ask } = await tokenFixture();
    const { body, text } = await ask("/v1/tokens", { authorization: bearer(KEYS.root) });
    const used = { lastUsedAt: iso(START) };
    const never = { lastUsedAt: null };
    const all = { targets: ["*"], expires: null };
    expect(body.tokens).toEqual([
      { id: "api.token", scopes: ["admin"], ...all, ...used },
      { id: "reader", scopes: ["read"], ...all, ...never },
      { id: "shops", scopes: ["read", "operate"], targets: ["shop-*"], expires: null, ...never },
      { id: "pusher", scopes: ["report"], ...all, ...never },
      { id: "operator", scopes: ["operate"], ...all, ...never },
      { id: "boss", scopes: ["admin"], ...all, ...never },
      { id: "spent", scopes: ["admin"], targets: ["*"], expires: "2020-02-01T00:00:00.000Z", ...never },
      { id: "ci", scopes: ["read"], targets: ["*"], expires: "2023-11-14T22:15:00.000Z", ...never },
      { id: "ci", scopes: ["read"], ...all, ...never },
    ]);
    expect(text).not.toMatch(/sha256|[0-9a-f]{12}/);
  });

  test("knows the two of a rotation apart", async () => {
    const { ask } = await tokenFixture();
    await ask("/v1/status", { authorization: bearer(KEYS.fresh) });
    const { body } = await ask("/v1/tokens", { authorization: bearer(KEYS.admin) });
    const ci = body.tokens.filter(({ id }: { id: string }) => id === "ci");
    expect(ci.map(({ lastUsedAt }: { lastUsedAt: string | null }) => lastUsedAt)).toEqual([null, iso(START)]);
  });
});

describe("the last use", () => {
  /** A lodge whose store counts what it is told. */
  async function counted() {
    const { store, broken } = failingStore(memoryStore());
    const told: string[] = [];
    const counting = Object.assign(Object.create(store), {
      putRecord: (memo: Parameters<typeof store.putRecord>[0]) => {
        told.push(memo.key);
        return store.putRecord(memo);
      },
    });
    const own = await tokenFixture({ store: counting });
    const use = async (key: string, times = 1) => {
      for (let i = 0; i < times; i++) await own.ask("/v1/incidents", { authorization: bearer(key) });
    };
    return { ...own, told, use, broken };
  }

  test("is told once an hour and token, however often it is used, and never of a wrong one", async () => {
    const { use, told, clock } = await counted();
    await use(KEYS.read, 50);
    await use("assay_nobody", 50);
    await use(KEYS.spent, 50);
    expect(told).toHaveLength(1);
    await use(KEYS.operate, 2);
    expect(told).toHaveLength(2);
    // START is 22:14:00, so the next hour of the clock begins in 46 minutes.
    await clock.advance(45 * MINUTE);
    await use(KEYS.read, 2);
    expect(told).toHaveLength(2);
    await clock.advance(MINUTE);
    await use(KEYS.read, 2);
    expect(told).toHaveLength(3);
  });

  test("of two processes over one store is kept once an hour", async () => {
    const store = memoryStore();
    const houses = [await tokenFixture({ store }), await tokenFixture({ store })];
    await houses[0]!.clock.advance(MINUTE);
    await houses[1]!.clock.advance(2 * MINUTE);
    await houses[0]!.ask("/v1/status", { authorization: bearer(KEYS.read) });
    await houses[1]!.ask("/v1/status", { authorization: bearer(KEYS.read) });
    const uses = await store.listRecords({ kind: "use", limit: 10 });
    expect(uses.map(({ key, value }) => [key.split("~")[0], JSON.parse(value)])).toEqual([
      ["reader", { at: START + MINUTE }],
    ]);
  });

  test("that cannot be kept changes no answer, is said once a minute, and is kept when it can be", async () => {
    const { ask, use, broken, log, clock, store } = await counted();
    broken.add("putRecord");
    expect((await ask("/v1/status", { authorization: bearer(KEYS.read) })).status).toBe(200);
    await use(KEYS.read, 10);
    expect(log).toMatchObject([{ level: "warn", fields: { error: "disk full" } }]);
    broken.delete("putRecord");
    await clock.advance(MINUTE);
    await use(KEYS.read);
    expect(await store.listRecords({ kind: "use", limit: 10 })).toHaveLength(1);
  });

  test("is not waited for", async () => {
    const hanging = Object.assign(Object.create(failingStore(memoryStore()).store), {
      putRecord: () => new Promise(() => {}),
    });
    const { ask } = await tokenFixture({ store: hanging });
    expect((await ask("/v1/incidents", { authorization: bearer(KEYS.read) })).status).toBe(200);
  });

  test("is forgotten once it is older than anything is kept", async () => {
    const { use, store, clock } = await counted();
    await use(KEYS.read);
    const cutoffs = { rawBefore: 0, hoursBefore: 0, daysBefore: 0, incidentsBefore: 0 };
    await store.prune({ ...cutoffs, nowMs: clock.now() + 400 * 24 * HOUR });
    expect(await store.listRecords({ kind: "use", limit: 10 })).toHaveLength(1);
    await store.prune({ ...cutoffs, nowMs: clock.now() + 400 * 24 * HOUR + 1 });
    expect(await store.listRecords({ kind: "use", limit: 10 })).toEqual([]);
  });
});

describe("comparing", () => {
  // No clock could show it on a busy machine; the number of steps can.
  test("takes the same steps for each right token, for a wrong one, and for any number of them", async () => {
    const known = await Promise.all(Array.from({ length: 40 }, (_, i) => sha256(`token ${i}`)));
    const steps = async (token: string, among: readonly Digest[]) => {
      let compared = 0;
      const counting = (a: Digest, b: Digest) => {
        compared++;
        return timingSafeEqual(a, b);
      };
      const found = indexOfDigest(await sha256(token), among, counting);
      return [found, compared];
    };
    const wrong = await steps("none of them", known);
    expect(wrong[0]).toBe(-1);
    for (const at of [0, 1, 20, 39]) expect(await steps(`token ${at}`, known)).toEqual([at, wrong[1]]);
    expect(await steps("token 0", known.slice(0, 1))).toEqual([0, wrong[1]]);
    expect(await steps("token 0", [])).toEqual([-1, wrong[1]]);
  });

  test("looks at every part of a digest", () => {
    fc.assert(fc.property(fc.uint32Array({ minLength: 8, maxLength: 8 }), fc.nat(255), (digest, bit) => {
      const other = Uint32Array.from(digest);
      other[bit >> 5]! ^= 1 << (bit & 31);
      expect([timingSafeEqual(digest, Uint32Array.from(digest)), timingSafeEqual(digest, other)]).toEqual([
        true,
        false,
      ]);
    }));
  });

  test("a digest of zeros, which stands where no token does, opens nothing", () => {
    expect(indexOfDigest(new Uint32Array(8), [])).toBe(-1);
  });
});

describe("a token from elsewhere than the header", () => {
  test("decides alone: the header does not help, and does not harm", async () => {
    const { config, ports, store } = await tokenFixture();
    const { may, principal } = tokenAccess(config, ports, store);
    const { Hono } = await import("hono");
    const app = new Hono();
    app.get("/k/:key/:target", async (c) => {
      const given = c.req.param("key");
      const who = await principal(c, given);
      return c.json([who?.id ?? null, await may(c, "read", c.req.param("target"), given)]);
    });
    const ask = async (path: string, key: string) =>
      await (await app.request(path, { headers: { authorization: bearer(key) } })).json();
    expect(await ask(`/k/${KEYS.shop}/shop-eu`, "assay_nobody")).toEqual(["shops", true]);
    expect(await ask(`/k/${KEYS.shop}/billing`, KEYS.admin)).toEqual(["shops", false]);
    expect(await ask("/k/assay_nobody/shop-eu", KEYS.admin)).toEqual([null, false]);
  });
});
