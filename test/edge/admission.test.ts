import { expect, test } from "vitest";
import { minute, network, targets, worlds } from "./world.ts";

const world = worlds();
const CHECKS = 20;

/** Twenty checks, each of up to four requests: the report, its second look and two steps. */
async function twentyChecks(plan: string): Promise<void> {
  const [target] = targets();
  world.deploy({
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    targets: Array.from({ length: CHECKS }, (_, n) => ({ ...target, id: `t${n}`, url: world.room.stall() })),
  });
  await world.bind(world.prober("weur"), { ASSAY_PLAN: plan });
}

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
    await twentyChecks(plan);
    network.asked = 0;
    await world.tick(0);
    expect([...(await missed(0)).values()]).toEqual(Array(CHECKS - admitted).fill("budget"));
    // Nobody is accused, so there is no second look.
    expect(network.asked).toBe(3 * admitted);
  },
);

test("the checks whose evidence is oldest go first, so that each has its turn and none goes stale", async () => {
  await twentyChecks("free");
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
