import { expect, test } from "vitest";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import { testEnv } from "../../world/test_env.ts";
import { scriptedFetch } from "../../world/network.ts";
import { good, TEXT, TOKEN } from "./remote_fixture.ts";

/** The prober's URL and token. */
const FAR = { id: "iad", url: "https://iad.example", token: "${env:PROBER_TOKEN}" };

test("a reply of 10,000 rounds is looked at a little at a time, and whole in the end", async () => {
  const near = await testEnv(TEXT, { env: { PROBER_TOKEN: TOKEN } });
  const [answer] = good.answers;
  const answers = Array.from({ length: 10_000 }, (_, i) => ({ ...answer, check: `t${i}/default` }));
  const fetch = scriptedFetch({ "POST /v1/rounds": { json: { ...good, answers } } });
  // Each look at this clock takes a tenth of a millisecond, and others have their turn where it waits.
  let [elapsed, turns] = [0, 0];
  const clock = {
    ...near.clock,
    elapsed: () => elapsed += 0.1,
    after(ms: number, fire: () => void) {
      if (ms > 0) return () => {};
      turns++;
      const soon = setImmediate(fire);
      return () => clearImmediate(soon);
    },
  };
  const asker = remoteProber({ ...near.ports, clock, fetch }, FAR);
  const [check] = near.config.checks;
  const checks = answers.map(({ check: key }) => ({ ...check!, key }));
  const reply = await asker.ask({ slot: good.slot, checks, deadlineMs: 10_000 });
  expect(reply.answers.map(({ check }) => check)).toEqual(answers.map(({ check }) => check));
  // A second of looks, 5 ms at a time.
  expect(turns).toBeGreaterThan(150);
});
