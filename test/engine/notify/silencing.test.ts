import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Answer } from "../../../src/base/ports.ts";
import { openSqlite } from "../../../functions/deno/sqlite.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import {
  describeNotice,
  type SettlerFixture,
  settlerFixture,
  threeRegions,
} from "../../world/settler_fixture.ts";
import { encodeSilence } from "../../../src/storage/records/silences.ts";
import { type ApiFixture, apiFixture } from "../../web/api/api_fixture.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const hush = (own: ApiFixture, until: string) =>
  own.call("/v1/silences", {
    method: "POST",
    body: JSON.stringify({ match: { target: "shop" }, until, reason: "release" }),
  });

/** Sends what is due to a receiver that answers `status`, and tells what was tried. */
async function sent({ ports, store, config }: SettlerFixture, status = 204): Promise<string[]> {
  const taken: string[] = [];
  const fetch = (_url: string | URL, { body }: { body?: unknown }) => {
    taken.push(describeNotice({ body } as Parameters<typeof describeNotice>[0]));
    return Promise.resolve(answerOf(new Response(null, { status })));
  };
  await deliver({ ...ports, fetch: fetch as typeof ports.fetch }, store, config, { sinks: SINKS });
  return taken;
}

describe.each([["memory", memoryStore], ["sqlite", () => openSqlite(":memory:")]] as const)(
  "on %s",
  (_name, open) => {
    test("what was still true at the end is sent, also if the receiver takes it only after it is over", async () => {
      const own = await apiFixture({ store: open() });
      await hush(own, "10m");
      own.script.set("drift");
      await own.runMinutes(10);
      expect(await sent(own, 500)).toEqual(["opened drift global #1"]);
      own.script.set("ready");
      await own.runMinutes(3);
      expect(await sent(own)).toEqual(["opened drift global #1", "resolved drift global #1"]);
    });

    test("who was told of an opening is told of its end, although its slot lies in the silence", async () => {
      const own = await apiFixture({ store: open() });
      await hush(own, "250s");
      own.script.set("drift");
      await own.runMinutes(3);
      own.script.set("ready");
      await own.runMinutes(1);
      const late = own.clock.now();
      // Not so late that the slot is not walked.
      await own.clock.advance(20 * SECOND);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
      void own.settler.tick(late);
      await own.clock.advance(20 * SECOND);
      expect((await own.notices()).at(-1)!.createdAt).toBe(late);
      expect(await sent(own)).toEqual(["resolved drift global #1"]);
    });

    test("Assay's own incidents are held by none, though it is about every target", async () => {
      const own = await apiFixture({ store: open() });
      const lasting = { from: own.clock.now(), until: own.clock.now() + 60 * MINUTE };
      await own.store.putRecord(
        encodeSilence({ id: "s1", match: {}, ...lasting, reason: "release", by: "ops" }),
      );
      own.script.set("drift");
      own.script.set("broken", "sin");
      await own.runMinutes(4);
      expect(await sent(own)).toEqual(["opened prober global #1"]);
    });

    test("a silence by label holds what is told of a target that left the config meanwhile", async () => {
      const label: [string, string] = ["  - id: shop\n", "  - id: shop\n    labels: { team: pay }\n"];
      const own = await apiFixture({ store: open(), text: threeRegions([label]) });
      const silence = {
        ...{ id: "s1", match: { labels: { team: "pay" } }, reason: "release", by: "ops" },
        ...{ from: own.clock.now(), until: own.clock.now() + 10 * MINUTE },
      };
      const value = JSON.stringify(silence);
      const expiresAt = silence.until + 60 * MINUTE;
      await own.store.putRecord({ kind: "silence", key: "s1", order: 0, value, expiresAt });
      own.script.set("drift");
      await own.runMinutes(3);
      const later = await settlerFixture(threeRegions([["  - id: shop\n", "  - id: cafe\n"]]), { from: own });
      await later.runMinutes(2);
      expect(await sent(later)).toEqual([]);
      await later.runMinutes(10);
      expect(await sent(later)).toEqual([]);
      expect((await later.notices()).map(({ type, state }) => [type, state])).toEqual([
        ["incident.opened", "dead"],
        ["incident.resolved", "dead"],
      ]);
    });

    test("what was dropped is sent if somebody asks for it", async () => {
      const own = await apiFixture({ store: open() });
      await hush(own, "10m");
      own.script.set("drift");
      await own.runMinutes(4);
      own.script.set("ready");
      await own.runMinutes(7);
      expect(await sent(own)).toEqual([]);
      const [{ id } = expect.fail()] = await own.notices();
      expect((await own.call(`/v1/deliveries/${id}/resend`, { method: "POST" })).status).toBe(202);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
    });

    test("a silence that cannot be read holds nothing", async () => {
      const own = await apiFixture({ store: open() });
      const memo = { kind: "silence", order: 0, expiresAt: own.clock.now() + 60 * MINUTE } as const;
      await own.store.putRecord({ ...memo, key: "sil_1", value: '{"id":"sil_1","of":"another version"}' });
      await own.store.putRecord({ ...memo, key: "sil_2", value: "no JSON" });
      own.script.set("drift");
      await own.runMinutes(3);
      expect(await sent(own)).toEqual(["opened drift global #1"]);
    });
  },
);

test("a silence that is made while a receiver hangs holds what comes after it", async () => {
  const own = await apiFixture();
  own.script.set("drift");
  await own.runMinutes(3);
  const asked = Promise.withResolvers<void>();
  const hanging = Promise.withResolvers<Answer>();
  let tries = 0;
  const fetch = () => {
    tries++;
    asked.resolve();
    return hanging.promise;
  };
  const done = deliver({ ...own.ports, fetch }, own.store, own.config, { sinks: SINKS });
  await asked.promise;
  await hush(own, "30m");
  const [opening = expect.fail()] = await own.notices();
  const nowMs = own.clock.now();
  const lease = await own.store.takeLease({ tick: nowMs, owner: "b", nowMs, ttlMs: SECOND });
  const update = { ...opening, id: "n2", type: "incident.updated", createdAt: nowMs };
  await own.store.commit(lease!, { shards: [], samples: [], incidents: [], notices: [update] });
  await own.clock.advance(10 * SECOND);
  hanging.resolve(answerOf(new Response(null, { status: 204 })));
  await done;
  expect(tries).toBe(1);
  expect((await own.notices()).at(-1)).toMatchObject({ id: "n2", state: "pending", attempts: 0 });
});
