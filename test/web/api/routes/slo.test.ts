import { beforeAll, describe, expect, test } from "vitest";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";
import { pageFixture } from "../../page/page_fixture.ts";

const PATH = "/v1/targets/shop/checks/read/slo";
const GATE = "/v1/gates/shop";
const TEXT = withToken(threeRegions([["id: read,", "id: read, slo: 99.9%,"]]));

/** An hour ready, of it the last nine minutes drifting: the vote turns bad with the second slot. */
async function failing(): Promise<ApiFixture> {
  const shop = await apiFixture({ text: TEXT });
  await shop.runMinutes(50);
  shop.script.set("drift");
  await shop.runMinutes(10);
  return shop;
}

describe("after nine bad minutes of sixty", () => {
  let shop: ApiFixture;
  beforeAll(async () => {
    shop = await failing();
  });

  test("the budget, its burn rates and the coverage", async () => {
    const { status, body } = await shop.call(PATH);
    expect(status).toBe(200);
    expect(body.objective).toBe(0.999);
    const window = (name: string) => body.windows.find((one: { window: string }) => one.window === name);
    expect(window("5m")).toMatchObject({ badSeconds: 300, judgedSeconds: 300, coverage: 1 });
    expect(window("5m").rate).toBeCloseTo(1_000, 6);
    expect(window("1h").badSeconds).toBe(540);
    expect(window("1h").rate).toBeCloseTo(150, 6);
    expect(window("30d")).toMatchObject({ badSeconds: 540, judgedSeconds: 3_600 });
    expect(window("30d").coverage).toBeLessThan(0.002);
    expect(body.left).toBeCloseTo(1 - 150, 6);
    expect(body.alerts.map(({ firing }: { firing: boolean }) => firing)).toEqual([true, true, true]);
  });

  test("the same in metrics, of checks with an objective only", async () => {
    const { text } = await shop.call("/metrics");
    const labels = 'instance="shop/read",target="shop",check="read"';
    expect(text).toContain(`readiness_slo_objective{${labels}} 0.999\n`);
    expect(text).toMatch(/^readiness_error_budget_left\{.*\} -149$/m);
    expect(text).toMatch(/^readiness_burn_rate\{.*,window="1h"\} 150$/m);
    expect(text).toMatch(/^readiness_slo_coverage\{.*,window="5m"\} 1$/m);
    expect((await (await apiFixture()).call("/metrics")).text).not.toMatch(/^readiness_(slo|burn|error)/m);
  });

  test.each([
    [
      "faster than was asked for",
      "maxBurnRate=14.4",
      409,
      /^read: the error budget burns 150\.0 times as fast .* at most 14\.4 /,
    ],
    ["slower", "maxBurnRate=1000", 409, /^read: drift in the last 2 runs/],
  ])("a gate where it burns %s", async (_, query, status, reason) => {
    const answer = await shop.call(`${GATE}?${query}`);
    expect([answer.status, answer.body.reason]).toEqual([status, expect.stringMatching(reason)]);
  });
});

test("a gate fails while both windows burn, passes soon after it is over, and knows nothing of no evidence", async () => {
  const shop = await failing();
  shop.script.set("ready");
  await shop.runMinutes(3);
  expect((await shop.call(`${GATE}?maxBurnRate=6`)).status).toBe(409);
  await shop.runMinutes(4);
  expect((await shop.call(`${GATE}?maxBurnRate=6`)).body.decision).toBe("pass");
  await shop.clock.advance(3 * 3_600_000);
  const { status, body } = await shop.call(`${GATE}?maxBurnRate=6&maxAge=1d`);
  expect([status, body.reason]).toEqual([
    424,
    "read: nothing was judged in the last hour, so its burn rate is not known",
  ]);
});

test.each([
  [
    "of a check without an slo",
    "/v1/targets/shop/checks/read/slo",
    404,
    "No check with an slo has these ids",
  ],
  [
    "of a gate over one",
    `${GATE}?maxBurnRate=6`,
    400,
    "maxBurnRate needs an slo, and the check read has none",
  ],
  ["of no number", `${GATE}?maxBurnRate=-1`, 400, expect.any(String)],
  ["of a rollback", `${GATE}/rollback?maxBurnRate=6`, 400, expect.any(String)],
])("the question %s is refused", async (_, path, status, detail) => {
  const shop = await apiFixture();
  await shop.runMinutes(3);
  const answer = await shop.call(path);
  expect([answer.status, answer.body.detail]).toEqual([status, detail]);
});

test("the page says what is left, how fast it burns, and of how much time that is known", async () => {
  const page = await pageFixture({ changes: [["id: read,", "id: read, slo: 99.9%,"]] });
  const cookie = await page.signIn();
  await page.runMinutes(50);
  page.script.set("drift");
  await page.runMinutes(10);
  const text = (await page.get("/targets/shop", cookie)).text;
  expect(text).toContain("Objective 99.9 %");
  expect(text).toContain("error budget overspent, 9 min failing, 4 s allowed");
  expect(text).toContain("Over 14.4 in 1h and 5m.");
});
