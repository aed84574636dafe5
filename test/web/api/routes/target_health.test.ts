import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { DIALECTS, read } from "../../../../src/evidence/report/mod.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { failingStore } from "../../../world/failing_store.ts";
import type { ScriptedAnswer } from "../../../world/scripted_probers.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const WRITERS = DIALECTS.filter(({ write }) => write).map(({ name }) => name);
const PATH = "/v1/targets/shop/health";

/** Two checks, each with a contract. */
const TWO = withToken(threeRegions([
  ["{ id: read,", '{ id: read, contract: "shelves can be seen", '],
  [
    "expect: status == 200 }] }",
    `expect: status == 200 }] }
      - { id: write, contract: "orders can be placed", journey: [{ name: look, request: { path: /o }, expect: status == 200 }] }`,
  ],
]));

interface Shop extends ApiFixture {
  /** The answer as a platform gets it, whatever its body is. */
  raw(path: string, options?: { token?: string | null; method?: string }): Promise<Response>;
}

async function open(options: { text?: string; store?: Store } = {}): Promise<Shop> {
  const shop = await apiFixture(options);
  const app = api(shop);
  return {
    ...shop,
    raw: async (path, { token = null, method = "GET" } = {}) =>
      await app.request(path, {
        method,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
      }),
  };
}

/** A house in which every prober has said that for three minutes. */
async function settled(said: ScriptedAnswer, text?: string): Promise<Shop> {
  const shop = await open({ text });
  shop.script.set(said);
  await shop.runMinutes(3);
  return shop;
}

async function asked(shop: Shop, search: string, options: { token?: string | null; method?: string } = {}) {
  const seen = await shop.raw(`${PATH}${search}`, options);
  const text = await seen.text();
  return { status: seen.status, headers: seen.headers, text };
}

const as = (dialect: string) => `?as=${encodeURIComponent(dialect)}`;

describe("words of the verdict", () => {
  test.each(
    [
      ["ready", 200, "ready"],
      ["underclaim", 200, "degraded"],
      ["drift", 503, "not_ready"],
      ["not_ready", 503, "not_ready"],
      ["down", 503, "not_ready"],
      ["inconclusive", 503, "unknown"],
      ["silent", 503, "unknown"],
      ["starting", 503, "starting"],
    ] as const,
  )("%s: %i, %s", async (said, status, state) => {
    const answer = await asked(await settled(said), "");
    expect([answer.status, answer.headers.get("x-assay-state")]).toEqual([status, state]);
  });

  test("a start that is announced after the service was ready is said at once", async () => {
    const shop = await settled("ready");
    shop.script.set("starting");
    await shop.runMinutes();
    expect((await asked(shop, "")).headers.get("x-assay-state")).toBe("starting");
    shop.script.set("ready", "fra");
    await shop.runMinutes();
    expect((await asked(shop, "")).headers.get("x-assay-state")).toBe("ready");
  });

  test("never settled: unknown", async () => {
    const { status, headers } = await asked(await open(), "");
    expect([status, headers.get("x-assay-state")]).toEqual([503, "unknown"]);
  });

  test("old evidence: unknown, in every dialect a refusal or a word for it", async () => {
    const shop = await settled("ready");
    await shop.clock.advance(10 * MINUTE);
    for (const dialect of WRITERS) {
      const { status, headers, text } = await asked(shop, as(dialect));
      expect([dialect, headers.get("x-assay-state")]).toEqual([dialect, "unknown"]);
      const answer = { url: new URL(`https://assay.example${PATH}`), status, headers, text };
      expect(["ready", "degraded"]).not.toContain(read(answer, { dialect }, DIALECTS).state);
    }
  });
});

describe("each dialect", () => {
  test.each(
    [
      ["spring", "application/vnd.spring-boot.actuator.v3+json", 200, 503],
      ["health+json", "application/health+json", 200, 503],
      ["k8s", "text/plain; charset=utf-8", 200, 500],
      ["k8s-http", "text/plain; charset=utf-8", 200, 503],
      ["consul", "application/json", 200, 503],
      ["envoy", "text/plain; charset=utf-8", 200, 503],
      ["aspnetcore", "application/json", 200, 503],
      ["microprofile", "application/json", 200, 503],
      ["statuspage", "application/json", 200, 200],
      ["docker", "application/json", 200, 503],
      ["lightship", "text/plain; charset=utf-8", 200, 500],
      ["rails", "text/html; charset=utf-8", 200, 500],
      ["grpc-health", "application/json", 200, 200],
      ["grpc-web", "application/grpc-web+proto", 200, 200],
    ] as const,
  )("%s: %s, %i when ready, %i when not", async (dialect, type, up, down) => {
    const codes = [[await settled("ready"), up], [await settled("drift"), down]] as const;
    for (const [shop, code] of codes) {
      const { status, headers } = await asked(shop, as(dialect));
      expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([
        code,
        type,
        "no-store",
      ]);
    }
  });

  test("Consul's warning is 429, and every other dialect's 200 with the mark for degraded", async () => {
    const shop = await settled("underclaim");
    for (const dialect of WRITERS) {
      const { status, headers } = await asked(shop, as(dialect));
      expect([dialect, status, headers.get("x-envoy-degraded")]).toEqual([
        dialect,
        dialect === "consul" ? 429 : 200,
        "true",
      ]);
    }
  });

  test("a plus sign need not be encoded", async () => {
    const { headers } = await asked(await settled("ready"), "?as=health+json");
    expect(headers.get("content-type")).toBe("application/health+json");
  });

  test("HEAD is answered as GET is, without a body", async () => {
    const shop = await settled("drift");
    for (const dialect of WRITERS) {
      const [get, head] = [
        await asked(shop, as(dialect)),
        await asked(shop, as(dialect), { method: "HEAD" }),
      ];
      expect([head.status, head.headers.get("content-type"), head.text]).toEqual([
        get.status,
        get.headers.get("content-type"),
        "",
      ]);
    }
  });
});

describe("without a token", () => {
  test("no dialect tells of checks, contracts, regions or reasons", async () => {
    const shop = await settled("drift", TWO);
    for (const dialect of WRITERS) {
      for (const search of [as(dialect), `${as(dialect)}&check=write`]) {
        const { text, headers } = await asked(shop, search);
        const told = text + [...headers].map(([, value]) => value).join("\n");
        for (const word of ["write", "orders", "shelves", "drift", "eu", "fra", "example"]) {
          expect([dialect, told.match(new RegExp(`\\b${word}\\b`))]).toEqual([dialect, null]);
        }
      }
    }
  });

  test("a wrong token is 401, not a coarse answer", async () => {
    const { status, headers } = await asked(await settled("ready"), "", { token: "wrong" });
    expect([status, headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  });
});

describe("with a token of scope read", () => {
  test("a target tells of its checks and why", async () => {
    const shop = await open({ text: TWO });
    shop.script.set("drift", undefined, "shop/write");
    await shop.runMinutes(3);
    const { body } = await shop.call(`${PATH}${as("health+json")}`);
    const time = new Date(START + 2 * MINUTE).toISOString();
    expect(body).toEqual({
      status: "fail",
      serviceId: "shop",
      output: "write: drift, orders can be placed",
      checks: {
        write: [{ status: "fail", time, output: "drift, orders can be placed" }],
        read: [{ status: "pass", time, output: "ready, shelves can be seen" }],
      },
    });
  });

  test("a check tells of its regions", async () => {
    const shop = await open({ text: TWO });
    shop.script.set("drift", "sin", "shop/read");
    await shop.runMinutes(3);
    const ready = await shop.call(`${PATH}${as("health+json")}&check=read`);
    expect(ready.body).toMatchObject({
      status: "pass",
      output: "ready, shelves can be seen (eu ready, us ready, ap drift)",
      checks: { eu: [{ status: "pass" }], us: [{ status: "pass" }] },
    });
    // A part that is worse than the whole would belie it; it stands in the reason.
    expect(Object.keys(ready.body.checks).toSorted()).toEqual(["eu", "us"]);
  });
});

describe("what cannot be answered", () => {
  test.each([
    ["/v1/targets/shoq/health", 404, "No target has this id"],
    [`${PATH}?check=raed`, 404, "The target has no check with this id"],
    [`${PATH}?as=sprin`, 400, "Assay cannot write this dialect; did you mean spring?"],
    [`${PATH}?as=k8s_http`, 400, "Assay cannot write this dialect; did you mean k8s-http?"],
    [`${PATH}?as=vault`, 400, "Assay cannot write this dialect"],
    [`${PATH}?as=`, 400, "Assay cannot write this dialect"],
    [`${PATH}?az=spring`, 400, "The query string is not valid"],
  ])("%s: %i", async (path, status, detail) => {
    const { body, ...seen } = await (await open()).call(path, { token: null });
    expect([seen.status, seen.type]).toEqual([status, "application/problem+json"]);
    expect(body.detail).toContain(detail);
  });

  test("an unknown dialect is told which ones there are", async () => {
    const { body } = await (await open()).call(`${PATH}?as=sprin`, { token: null });
    expect(body).toMatchObject({ suggestion: "spring", dialects: WRITERS });
  });
});

describe("the store is read at most every 5 s", () => {
  test("however many ask, and again after a failure", async () => {
    let reads = 0;
    const memory = memoryStore();
    const counting = new Proxy(memory, {
      get(target, name) {
        const method = target[name as keyof Store];
        if (name === "readShards") reads++;
        return typeof method === "function" ? (method as () => unknown).bind(target) : method;
      },
    });
    const { store, broken } = failingStore(counting);
    const shop = await open({ store });
    await shop.runMinutes(3);
    reads = 0;
    for (let i = 0; i < 20; i++) await asked(shop, "");
    await shop.clock.advance(4_999);
    await asked(shop, "");
    expect(reads).toBe(1);
    await shop.clock.advance(1);
    broken.add("readShards");
    expect((await asked(shop, "")).status).toBe(500);
    broken.delete("readShards");
    expect((await asked(shop, "")).status).toBe(200);
    expect(reads).toBe(2);
  });
});

describe("Assay's own health in other words", () => {
  const own = async (shop: Shop, path: string) => {
    const { status, headers } = await shop.raw(path, { token: null });
    return [status, headers.get("content-type"), headers.get("x-assay-state")];
  };

  test.each(
    [
      ["/readyz?as=spring", 503, "application/vnd.spring-boot.actuator.v3+json", "starting", 200],
      ["/readyz?as=envoy", 503, "text/plain; charset=utf-8", "starting", 200],
      ["/startupz?as=k8s", 500, "text/plain; charset=utf-8", "starting", 200],
      ["/livez?as=lightship", 200, "text/plain; charset=utf-8", "ready", 200],
    ] as const,
  )("%s", async (path, before, type, state, after) => {
    const shop = await open();
    expect(await own(shop, path)).toEqual([before, type, state]);
    await shop.runMinutes();
    expect(await own(shop, path)).toEqual([after, type, "ready"]);
  });

  test.each(["/livez", "/readyz", "/startupz"])(
    "%s in a dialect that there is none of: 400",
    async (path) => {
      expect((await own(await open(), `${path}?as=sprin`))[0]).toBe(400);
    },
  );
});
