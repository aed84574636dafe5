import { expect, test } from "vitest";
import { gateServices } from "../../../../src/engine/gates/services.ts";
import { api } from "../../../../src/web/app.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { type ApiFixture, apiFixture, TOKEN, withToken } from "../api_fixture.ts";

const headers = { authorization: `Bearer ${TOKEN}` };

const QUESTIONS = [
  "",
  "?minRuns=4",
  "?since=130s",
  "?maxAge=61s",
  "?anchor=rollout-7",
  "?version=2.0",
  "?regions=eu",
  "/rollback",
];

/** What happens in each minute; the prober in us is silent at last, and then nothing is settled any more. */
const STORY: ((shop: ApiFixture) => unknown)[] = [
  (shop) => shop.script.set("ready"),
  () => {},
  (shop) => {
    const body = JSON.stringify({ match: { target: "shop" }, until: "1m", reason: "we move house" });
    return shop.call("/v1/silences", { method: "POST", body });
  },
  (shop) => shop.script.set("drift"),
  (shop) => shop.script.set("ready"),
  (shop) =>
    shop.call("/v1/deployments", {
      method: "POST",
      body: JSON.stringify({ target: "shop", version: "2.0" }),
    }),
  (shop) => shop.script.set("silent", "iad"),
  () => {},
];
const SILENT_MINUTES = 4;

test("a decision that is kept is, at every instant, the one that would be made anew", async () => {
  const text = withToken(threeRegions([["turns: 1, confirm: 0", "confirm: 25s"]]));
  const shop = await apiFixture({ text });
  const services = gateServices(shop.ports, shop.config, shop.store, undefined);
  const kept = api({ ...shop, services });
  const decisions = new Set<string>();
  const compare = async () => {
    // Without questions of earlier: it decides anew.
    const anew = api({ ...shop, services });
    for (const question of QUESTIONS) {
      const path = `/v1/gates/shop${question}`;
      const [ours, theirs] = await Promise.all(
        [kept, anew].map(async (app) => await (await app.request(path, { headers })).json()),
      );
      expect(ours, `${path} at ${new Date(shop.clock.now()).toISOString()}`).toEqual(theirs);
      decisions.add(`${question} ${ours.decision}`);
    }
  };
  // A minute together.
  const STEPS = [1_001, 4_999, 9_001, 9_998, 9_002, 14_000, 11_999];
  for (let minute = 0; minute < STORY.length + SILENT_MINUTES; minute++) {
    await STORY[minute]?.(shop);
    if (minute < STORY.length) void shop.settler.tick(shop.clock.now());
    for (const step of STEPS) {
      await shop.clock.advance(step);
      await compare();
    }
  }
  for (const question of ["", "?since=130s", "?maxAge=61s"]) {
    expect([...decisions]).toEqual(
      expect.arrayContaining([`${question} pass`, `${question} inconclusive`]),
    );
  }
  expect(decisions).toContain(" fail");
});
