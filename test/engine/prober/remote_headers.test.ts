import { expect, test } from "vitest";
import { api } from "../../../src/web/app.ts";
import { semaphore } from "../../../src/base/semaphore.ts";
import type { Fetch } from "../../../src/base/ports.ts";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import type { Prober } from "../../../src/judgement/round.ts";
import { appFetch } from "../../world/app_fetch.ts";
import { roundOf } from "../../world/scripted_probers.ts";
import { START, testEnv } from "../../world/test_env.ts";
import { request, TEXT, TOKEN } from "./remote_fixture.ts";

const WALK_MS = 27_000;

test("nine remote probers of 27 s walks answer a ledger of which six requests may wait for their headers", async () => {
  const far = await testEnv(TEXT, { env: { PROBER_TOKEN: TOKEN } });
  const near = await testEnv(TEXT, { env: { PROBER_TOKEN: TOKEN } });
  let walks = 0;
  const allWalk = Promise.withResolvers<void>();
  const prober: Prober = {
    id: "iad",
    ask: ({ slot, checks }) =>
      new Promise((resolve) => {
        far.clock.after(WALK_MS, () => {
          const answers = checks.map(({ key, digest }) => ({
            check: key,
            digest,
            round: roundOf("ready", slot),
          }));
          resolve({ prober: "iad", slot, suspect: false, misplaced: false, answers });
        });
        if (++walks === 9) allWalk.resolve();
      }),
  };
  const wire = appFetch(api({ ...far, prober: { prober, token: "${env:PROBER_TOKEN}" } }));
  const headers = semaphore(6);
  const fetch: Fetch = (url, outgoing) => headers(() => wire(url, outgoing));
  const asker = remoteProber({ ...near.ports, fetch }, {
    id: "iad",
    url: "https://iad.example",
    token: "${env:PROBER_TOKEN}",
  });
  const asked = Promise.all(Array.from({ length: 9 }, () => asker.ask(request(near.config, 50_000))));
  await allWalk.promise;
  await far.clock.advance(WALK_MS);
  const replies = await asked;
  expect(replies.map(({ slot, answers }) => [slot, answers.length])).toEqual(Array(9).fill([START, 2]));
});
