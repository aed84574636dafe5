import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { minute, network, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const CHECKS = 20;

/** Checks of up to four requests each, without redirects: the report, its second look and two steps. */
function deploy(plan: string, count: number, objects = 1): void {
  const [target] = targets();
  world.setConfig({
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    targets: Array.from({ length: count }, (_, n) => ({ ...target, id: `t${n}`, url: world.shop.stall() })),
  }, { objects });
  world.setProberEnv({ ASSAY_PLAN: plan });
}

const twentyChecks = (plan: string) => deploy(plan, CHECKS);

/** The targets whose check the API shows as missed in the slot of minute `n`, with the reason. */
async function missed(n: number): Promise<Map<string, string>> {
  const slot = new Date(minute(n)).toISOString();
  const views = (await world.status()).targets.map(({ id, checks: [check] }) =>
    [id, check!.regions[0]!.probers[0]!.missed] as const
  );
  return new Map(views.flatMap(([id, miss]) => miss?.slot === slot ? [[id, miss.reason]] : []));
}

// An invocation may send 50 requests on the free plan; one is kept for the prober's own place: 49 / 4 = 12.
test.each([
  { plan: "free", admitted: 12 },
  { plan: "paid", admitted: CHECKS },
])(
  "on the $plan plan $admitted of 20 checks are admitted, the others say why not",
  async ({ plan, admitted }) => {
    twentyChecks(plan);
    network.asked = 0;
    await world.tick(0);
    expect([...(await missed(0)).values()]).toEqual(Array(CHECKS - admitted).fill("budget"));
    // Nobody is accused, so there is no second look.
    expect(network.asked).toBe(3 * admitted);
  },
);

test("the checks whose evidence is oldest go first, so that each has its turn and none goes stale", async () => {
  twentyChecks("free");
  let waiting: string[] = [];
  for (const n of [0, 1, 2, 3]) {
    await world.tick(n);
    const left = [...(await missed(n)).keys()];
    expect(left).toHaveLength(8);
    expect(left.filter((id) => waiting.includes(id))).toEqual([]);
    waiting = left;
  }
  const { targets: views } = await world.status();
  expect(views.map(({ checks: [check] }) => check!.regions[0]!.probers[0]!.vote)).toEqual(
    Array(CHECKS).fill("ready"),
  );
});

describe("a place of several objects", () => {
  test("walks on the free plan what one cannot, and its checks are dealt evenly", async () => {
    deploy("free", CHECKS, 2);
    await world.tick(0);
    expect([...await missed(0)]).toEqual([]);
    expect(network.walks.map(({ checks }) => checks.length)).toEqual([10, 10]);
    expect(network.asked).toBe(3 * CHECKS);
  });

  test("loses no vote when it gets another number of them", async () => {
    for (const [n, [objects, mood]] of ([[1, "serves"], [4, "lies"], [2, "lies"]] as const).entries()) {
      deploy("paid", CHECKS, objects);
      await world.shop.be({ all: mood });
      await world.tick(n);
      await evictDurableObject(world.ledger);
    }
    // Two failed slots in a row, one walked by four objects and one by two.
    expect(await votes()).toEqual(Array(CHECKS).fill("drift"));
  });

  test("misses the checks of an object that dies, and no others", async () => {
    deploy("paid", CHECKS, 2);
    network.walk = ({ checks }, ask) =>
      checks.some(({ check }) => check.startsWith("t1/"))
        ? Promise.reject(new Error("out of memory"))
        : ask();
    await world.tick(0);
    const left = await missed(0);
    expect([...left.keys()]).toEqual(Array.from({ length: 10 }, (_, i) => `t${2 * i + 1}`));
    expect(new Set(left.values())).toEqual(new Set(["out of memory"]));
  });
});

describe("limits are the object's, however often it is asked", () => {
  /** 8 checks of each target's three requests in each of these. */
  const both = (changes: Record<string, unknown>[]) => {
    const [target] = targets();
    const [check] = target!.checks as object[];
    const made = changes.flatMap((change, k) =>
      Array.from({ length: 8 }, (_, n) => ({
        ...target,
        id: `t${k}-${n}`,
        url: world.shop.stall(),
        checks: [{ ...check, ...change }],
      }))
    );
    world.setProberEnv({ ASSAY_PLAN: "free" });
    return made;
  };

  test("two lanes of a slot send at most 50 requests, and the rest says why not", async () => {
    world.setConfig({
      regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
      targets: both([{ every: "1m" }, { every: "30s" }]),
    });
    network.asked = 0;
    await world.tick(0);
    // 49 / 4 = 12 of the 16, of three requests each where nobody is accused.
    expect(network.asked).toBe(36);
    expect([...(await missed(0)).values()]).toEqual(Array(4).fill("budget"));
  });

  test("so do two probers of one place, which walk five rounds at once together", async () => {
    world.setConfig({
      regions: [{ id: "eu", probers: ["a", "b"].map((id) => ({ id, place: "weur" })) }],
      targets: both([{}]),
    });
    const seen = { open: 0, most: 0 };
    network.gate = async (ask) => {
      seen.most = Math.max(seen.most, ++seen.open);
      return await ask().finally(() => seen.open--);
    };
    network.asked = 0;
    await world.tick(0);
    expect(network.asked).toBe(36);
    expect(seen).toEqual({ open: 0, most: 5 });
  });
});

const MOVED = "/moved/";

/** Cloudflare's fetch on the free plan before targets that redirect every step once: after 50 requests of one invocation it throws. */
function freePlan() {
  const under = globalThis.fetch;
  const seen = { sent: 0, thrown: 0 };
  globalThis.fetch = (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!new Headers(init?.headers).has("x-assay-run") && !url.pathname.startsWith("/cdn-cgi/")) {
      return under(input, init);
    }
    if (seen.sent === 50) {
      seen.thrown++;
      return Promise.reject(
        new Error(
          "Too many subrequests by single Worker invocation. To configure this limit, refer to https://developers.cloudflare.com/workers/",
        ),
      );
    }
    seen.sent++;
    if (!url.pathname.includes("/orders") || url.pathname.includes(MOVED)) return under(input, init);
    const location = url.pathname.replace(/\/\w+(?=\/orders)/, MOVED.slice(0, -1));
    return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
  };
  return {
    seen,
    /** One prober is asked once in a tick: that is one invocation. */
    async tick(n: number) {
      Object.assign(seen, { sent: 0, thrown: 0 });
      await world.tick(n);
    },
  };
}

/** What became of each check in the slot of minute `n`: its verdict, or why there is none. */
async function outcomes(n: number): Promise<string[]> {
  const slot = new Date(minute(n)).toISOString();
  return (await world.status()).targets.map(({ checks: [check] }) => {
    const { missed, verdict, verdictReason } = check!.regions[0]!.probers[0]!;
    if (missed?.slot === slot) return `missing: ${missed.reason}`;
    return verdictReason ? `${verdict}: ${verdictReason}` : verdict!;
  });
}

const votes = async () =>
  (await world.status()).targets.map(({ checks: [check] }) => check!.regions[0]!.probers[0]!.vote);

describe("targets that redirect each step cost more than their checks say, and none of them turns red", () => {
  test("the prober stops by itself before the plan's limit", async () => {
    deploy("free", 12);
    const { tick, seen } = freePlan();
    for (const n of [0, 1, 2, 3]) {
      await tick(n);
      expect(seen.thrown).toBe(0);
      const all = await outcomes(n);
      const told = ["ready", "missing: budget", "inconclusive: platform"];
      expect(all.filter((outcome) => !told.includes(outcome))).toEqual([]);
      // 60 requests are wanted, and 49 allowed.
      expect(all).not.toEqual(Array(12).fill("ready"));
    }
    // By now it knows what each costs: 49 / 5 = 9 are walked whole, and the others not begun.
    const all = await outcomes(3);
    expect(all.toSorted()).toEqual([...Array(3).fill("missing: budget"), ...Array(9).fill("ready")]);
    expect(await votes()).toEqual(Array(12).fill("ready"));
    expect((await world.notices()).map(({ says }) => says)).toEqual(["opened capacity #1"]);
  });

  test("a limit below what the deployment says of its plan is the platform's fault", async () => {
    deploy("paid", 12);
    await world.tick(0);
    const { tick, seen } = freePlan();
    for (const n of [1, 2, 3]) {
      await tick(n);
      expect(seen.thrown).toBeGreaterThan(0);
      const all = await outcomes(n);
      expect(all).toContain("inconclusive: platform");
      expect(all.filter((outcome) => !["ready", "inconclusive: platform"].includes(outcome))).toEqual([]);
    }
    expect((await votes()).filter((vote) => vote !== "ready" && vote !== "none")).toEqual([]);
    expect(await world.notices()).toEqual([]);
  });

  test.each(["free", "paid"])(
    "on what is said to be the %s plan all have their turn, though every object sleeps between slots",
    async (plan) => {
      deploy(plan, 12);
      const { tick } = freePlan();
      for (let n = 0; n < 8; n++) {
        await tick(n);
        await evictDurableObject(world.prober("weur"));
        await evictDurableObject(world.ledger);
      }
      expect(await votes()).toEqual(Array(12).fill("ready"));
      // What is missing for three slots is Assay's own incident, and no target's.
      const own = plan === "free" ? ["opened capacity #1"] : [];
      expect((await world.notices()).map(({ says }) => says)).toEqual(own);
    },
  );
});
