/** Whatever the receiver does, and however often Assay is restarted or its config changed: nothing is lost, and order holds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MINUTE_MS as MINUTE, SECOND_MS as SECOND } from "../../../src/base/time.ts";
import type { RouteReply } from "../../world/network.ts";
import { plainSettings, postFixture } from "./post_fixture.ts";

const INCIDENTS = ["a", "b", "c"];
const CHANGES = ["opened", "updated", "resolved"] as const;

/** How a receiver misbehaves for a while. */
const moods = fc.constantFrom<RouteReply>(
  {},
  "hang",
  new Error("connection reset"),
  { status: 500 },
  { status: 503, headers: { "retry-after": "20" } },
  { status: 429, headers: { "retry-after": "45" } },
  { status: 429, json: { retry_after: 3 } },
  { status: 302, headers: { location: "https://elsewhere.example/" } },
  { status: 408 },
  { status: 204 },
);

type Step = { mood: RouteReply; forMs: number } | { tell: string } | { restart: "same" | "other" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ mood: moods, forMs: fc.integer({ min: 1, max: 90 }).map((s) => s * SECOND) }),
  },
  { weight: 4, arbitrary: fc.record({ tell: fc.constantFrom(...INCIDENTS) }) },
  fc.constant({ restart: "same" as const }),
  fc.constant({ restart: "other" as const }),
);

/** After seven attempts the next one would be in ten minutes, and the new address has failed only once. */
const FAILS_ELSEWHERE_TOO: Step[] = [
  { tell: "a" },
  { mood: new Error("connection reset"), forMs: 55 * SECOND },
  { mood: "hang", forMs: 55 * SECOND },
  { mood: { status: 429, headers: { "retry-after": "45" } }, forMs: 26 * SECOND },
  { restart: "other" },
  { mood: { status: 302, headers: { location: "https://elsewhere.example/" } }, forMs: SECOND },
];

test("each notice arrives, in the order of its incident's episode, within minutes of the receiver's recovery", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25 }), async (story) => {
      const post = await postFixture();
      const told = new Map(INCIDENTS.map((id) => [id, 0]));
      const written: string[] = [];
      let restarts = 0;
      for (const step of story) {
        if ("tell" in step) {
          const n = told.get(step.tell)!;
          told.set(step.tell, n + 1);
          const [change, episode] = [CHANGES[n % 3]!, Math.floor(n / 3) + 1];
          await post.put([{ incident: step.tell, change, episode }]);
          written.push(`${step.tell}_${episode}_${change}`);
        } else if ("mood" in step) {
          post.answerWith(() => step.mood);
          await post.run(step.forMs);
        } else if (step.restart === "same") post.restart();
        else post.restart(plainSettings(`https://hooks.example/hook-${restarts++}`));
      }
      const accepted: string[] = [];
      post.answerWith(({ headers }) => (accepted.push(headers["webhook-id"]!), {}));
      await post.run(4 * MINUTE);
      const deliveries = await post.deliveries();
      expect(Object.keys(deliveries).toSorted()).toEqual(written.toSorted());
      expect(Object.values(deliveries).filter(({ state }) => state !== "delivered")).toEqual([]);
      const ids = new Set(post.arrivals.map(({ headers }) => headers["webhook-id"]!));
      expect([...ids].toSorted()).toEqual(written.toSorted());
      // A later notice of an episode is not even tried before the one before it was taken.
      const firstTry = (id: string) => post.arrivals.findIndex(({ headers }) => headers["webhook-id"] === id);
      for (const id of written) {
        const [incident, episode, change] = id.split("_");
        const next = CHANGES[CHANGES.indexOf(change as "opened") + 1];
        const later = `${incident}_${episode}_${next}`;
        if (next && written.includes(later)) expect(firstTry(later)).toBeGreaterThan(firstTry(id));
      }
      expect(post.failures).toEqual([]);
    }),
    { numRuns: 40, examples: [[FAILS_ELSEWHERE_TOO]] },
  );
});
