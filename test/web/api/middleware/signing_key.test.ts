/** The key that signs sessions: random, of the store, and replaced by whoever signs everybody out. */
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openSqlite } from "../../../../functions/deno/sqlite.ts";
import { type SigningKey, signingKey } from "../../../../src/storage/records/signing_key.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { hashOf } from "../token_fixture.ts";
import { settlerFixture, threeRegions } from "../../../world/settler_fixture.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type PageFixture, pageFixture, SAME_ORIGIN, TOKEN } from "../../page/page_fixture.ts";

const SECOND = 1_000;
const SIX = Array.from({ length: 6 }, (_, i) => i);
const STORES = [["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const;
const READER = { id: "reader", hash: hashOf("assay_reader"), scopes: ["read"] };
const OPERATOR = { id: "oncall", hash: hashOf("assay_operator"), scopes: ["operate"] };
const settings = { token: "${env:ASSAY_TOKEN}", tokens: [READER, OPERATOR] };
const ENV = {
  PROBER_TOKEN: "tok-of-the-prober",
  HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

const isIn = async (house: PageFixture, cookie: string) =>
  (await house.get("/targets/shop", cookie)).status === 200;
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");
const keyOf = async (store: Store) => {
  const [memo] = await store.listRecords({ kind: "session", limit: 1 });
  return JSON.parse(memo!.value) as string;
};
const everywhere = (house: PageFixture, cookie: string) =>
  house.get("/logout", cookie, { form: { everywhere: "yes" } });

/** A store that counts how often the key is read. */
function counting(store = memoryStore()) {
  let reads = 0;
  const counted = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name).bind(target);
      if (name !== "listRecords") return method;
      return (query: { kind: string }) => {
        if (query.kind === "session") reads++;
        return method(query);
      };
    },
  });
  return { store: counted, reads: () => reads };
}

/** Doors of as many processes over one store and one clock. */
async function doors(store: Store, count = 2): Promise<PageFixture[]> {
  const from = await settlerFixture(threeRegions(), { store, env: ENV });
  return await Promise.all(Array.from({ length: count }, () => pageFixture({ settings, from })));
}

describe("who knows api.token, or guesses at it,", () => {
  const SECRETS = [
    TOKEN,
    `assay session ${TOKEN}`,
    `assay session  ${TOKEN}`,
    `assay session undefined ${TOKEN}`,
  ];

  test("makes no session of it without the key", async () => {
    const house = await pageFixture({ settings });
    await house.signIn("assay_reader");
    const value = `api.token.${house.clock.now() + 3_600_000}`;
    for (const secret of SECRETS) {
      const forged = `assay_session=${encodeURIComponent(`${value}.${hmac(secret, value)}`)}`;
      expect(await isIn(house, forged), secret).toBe(false);
    }
  });

  test("cannot try it on a cookie: the signature is of more than the token", async () => {
    const house = await pageFixture({ settings });
    const cookie = decodeURIComponent((await house.signIn()).slice("assay_session=".length));
    const at = cookie.lastIndexOf(".");
    const [value, signature] = [cookie.slice(0, at), cookie.slice(at + 1)];
    expect(SECRETS.map((secret) => hmac(secret, value))).not.toContain(signature);
    expect(hmac(`assay session ${await keyOf(house.store)} ${TOKEN}`, value)).toBe(signature);
  });
});

describe.each(STORES)("over one store (%s)", (_, open) => {
  test("every process takes the sessions of every other one, also of one that has ended", async () => {
    const store = open();
    const [one, other] = await doors(store);
    const cookies = [await one!.signIn(), await other!.signIn("assay_reader")];
    const [restarted] = await doors(store, 1);
    for (const house of [one!, other!, restarted!]) {
      for (const cookie of cookies) expect(await isIn(house, cookie)).toBe(true);
    }
  });

  test("of two that make the key at the same time both have one", async () => {
    const store = open();
    const keys = [0, 1].map(() => signingKey(steppingClock(0), store));
    const made = await Promise.all(keys.map((key) => key.ensure()));
    expect(made).toEqual([made[0], made[0]]);
    expect(made[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await keyOf(store)).toBe(made[0]);
  });

  test("of two that replace it at the same time both have one, and the old one is gone", async () => {
    const store = open();
    const keys: SigningKey[] = [0, 1].map(() => signingKey(steppingClock(0), store));
    const old = await keys[0]!.ensure();
    await Promise.all(keys.map((key) => key.replace()));
    const present = await Promise.all(keys.map((key) => key.recent()));
    expect(present).toEqual([await keyOf(store), await keyOf(store)]);
    expect(present).not.toContain(old);
  });

  test("the key outlives what is forgotten, and a record that is no key is replaced", async () => {
    const store = open();
    const cutoffs = { rawBefore: 0, hoursBefore: 0, daysBefore: 0, incidentsBefore: 0, nowMs: 8.64e15 };
    const key = await signingKey(steppingClock(0), store).ensure();
    await store.prune(cutoffs);
    expect(await keyOf(store)).toBe(key);
    await store.putRecord({ kind: "session", key: "signing", order: 7, value: '""', expiresAt: 8.64e15 });
    const mended = await signingKey(steppingClock(0), store).ensure();
    expect([mended, mended === key]).toEqual([await keyOf(store), false]);
  });
});

describe("signing out everywhere", () => {
  test("ends every session, here at once and in other processes within 30 seconds", async () => {
    const [one, other] = await doors(memoryStore());
    const cookies = [await one!.signIn(), await one!.signIn("assay_reader"), await other!.signIn()];
    for (const cookie of cookies) expect(await isIn(other!, cookie)).toBe(true);
    const { status, headers } = await everywhere(one!, cookies[0]!);
    expect([status, headers.get("location")]).toEqual([303, "/"]);
    expect(headers.get("set-cookie")).toMatch(/^assay_session=; Max-Age=0; Path=\//);
    for (const cookie of cookies) expect(await isIn(one!, cookie)).toBe(false);
    await one!.clock.advance(30 * SECOND);
    for (const cookie of cookies) expect(await isIn(other!, cookie)).toBe(false);
    expect(await isIn(other!, await one!.signIn())).toBe(true);
  });

  test("whoever signs in afterwards is in at the other process a second later, and its old key goes with that", async () => {
    const [one, other] = await doors(memoryStore());
    const old = await one!.signIn();
    expect(await isIn(other!, old)).toBe(true);
    await everywhere(one!, old);
    await one!.clock.advance(SECOND);
    expect(await isIn(other!, await one!.signIn())).toBe(true);
    expect(await isIn(other!, old)).toBe(false);
  });

  test.each([
    ["a reader", "assay_reader", 403],
    ["an operator", "assay_operator", 403],
    ["api.token", TOKEN, 204],
  ])("through the API, %s", async (_, token, code) => {
    const house = await pageFixture({ settings });
    const cookie = await house.signIn();
    const authorization = `Bearer ${token}`;
    const { status } = await house.get("/v1/sessions", undefined, {
      method: "DELETE",
      headers: { authorization },
    });
    expect([status, await isIn(house, cookie)]).toEqual([code, code === 403]);
  });

  test.each([
    ["a reader's session", "assay_reader", SAME_ORIGIN, 403],
    ["an operator's session", "assay_operator", SAME_ORIGIN, 403],
    [
      "a form of another site",
      TOKEN,
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      403,
    ],
  ])("not with %s", async (_, token, headers, code) => {
    const house = await pageFixture({ settings });
    const cookie = await house.signIn(token);
    const answer = await house.get("/logout", cookie, { form: { everywhere: "yes" }, headers });
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([code, null]);
    expect(await isIn(house, cookie)).toBe(true);
  });

  test("the plain button ends one session alone", async () => {
    const house = await pageFixture({ settings });
    const [mine, yours] = [await house.signIn(), await house.signIn("assay_reader")];
    await house.get("/logout", mine, { method: "POST" });
    expect(await isIn(house, yours)).toBe(true);
  });

  test("the button is only for who may", async () => {
    const house = await pageFixture({ settings });
    await house.runMinutes(1);
    const shown = await Promise.all([TOKEN, "assay_reader", "assay_operator"].map(async (token) => {
      const { html } = await house.get("/", await house.signIn(token));
      return html.includes('name="everywhere"');
    }));
    expect([...shown, (await house.get("/")).html.includes("everywhere")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("what the key costs", () => {
  test("half a minute of requests with a session is one reading of the store", async () => {
    const { store, reads } = counting();
    const [maker, house] = await doors(store);
    const cookie = await maker!.signIn();
    const before = reads();
    for (let second = 0; second < 30; second++) {
      expect(await isIn(house!, cookie)).toBe(true);
      await house!.clock.advance(SECOND);
    }
    expect(reads() - before).toBe(1);
    expect(await isIn(house!, cookie)).toBe(true);
    expect(reads() - before).toBe(2);
  });

  test("cookies that nobody signed are one reading in a second, and requests without one are none", async () => {
    const { store, reads } = counting();
    const [house] = await doors(store, 1);
    const junk = `assay_session=${encodeURIComponent(`api.token.9999999999999.${hmac("x", "y")}`)}`;
    for (const _ of SIX) expect(await isIn(house!, junk)).toBe(false);
    expect(reads()).toBe(1);
    await house!.clock.advance(SECOND);
    for (const _ of SIX) expect(await isIn(house!, junk)).toBe(false);
    expect(reads()).toBe(2);
    for (const _ of SIX) {
      await house!.get("/v1/status", undefined, { headers: { authorization: "Bearer x" } });
    }
    expect(reads()).toBe(2);
  });
});

test("the key stands in no answer, page or log, whoever asks", async () => {
  const house = await pageFixture({ settings });
  await house.runMinutes(2);
  const cookie = await house.signIn();
  const key = await keyOf(house.store);
  const paths = [
    ...["/", "/status", "/targets/shop", "/incidents", "/login", "/nowhere", "/metrics", "/readyz"],
    ...["status", "targets/shop", "incidents", "deliveries", "silences", "deployments?target=shop", "tokens"]
      .map((path) => `/v1/${path}`),
    ...[
      "/v1/sessions",
      "/v1/sessions/signing",
      "/v1/openapi.json",
      "/v1/targets/shop/checks/read/reports/signing",
    ],
  ];
  const texts = await Promise.all(paths.map(async (path) => {
    const { html, headers } = await house.get(path, cookie);
    return [html, ...headers.values()].join("\n");
  }));
  texts.push((await everywhere(house, cookie)).html, JSON.stringify(house.log));
  for (const secret of [key, await keyOf(house.store)]) {
    for (const [i, text] of texts.entries()) expect(text.includes(secret), paths[i] ?? "log").toBe(false);
  }
});
