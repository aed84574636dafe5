import { describe, expect, test } from "vitest";
import type { SilenceMatch } from "../../../src/config/maintenance_window.ts";
import type { Incident } from "../../../src/judgement/incident.ts";
import {
  activeSilence,
  encodeSilence,
  isMoot,
  listSilences,
  type Silence,
} from "../../../src/storage/records/silences.ts";
import { memoryStore } from "../../../src/storage/memory.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const SUBJECT = { target: "shop-eu", check: "orders", labels: { team: "pay", tier: "1" } };

const silence = (match: SilenceMatch, more: Partial<Silence> = {}): Silence => ({
  id: "s1",
  match,
  from: NOON,
  until: NOON + HOUR,
  reason: "release",
  by: "ops",
  ...more,
});

test.each<[string, SilenceMatch, boolean]>([
  ["its target", { target: "shop-eu" }, true],
  ["a glob of targets", { target: "shop-*" }, true],
  ["another target", { target: "blog" }, false],
  ["its check", { target: "shop-eu", check: "orders" }, true],
  ["another check of it", { target: "shop-eu", check: "read" }, false],
  ["one of several targets", { target: ["blog", "shop-*"] }, true],
  ["other targets", { target: ["blog", "till"] }, false],
  ["one of several values of a label", { labels: { tier: ["1", "2"] } }, true],
  ["a label", { labels: { team: "pay" } }, true],
  ["one label that fits and one that does not", { labels: { team: "pay", tier: "2" } }, false],
  ["a label that it has not", { labels: { region: "eu" } }, false],
  ["any value of a label", { labels: { team: "*" } }, true],
  ["any value of a label that it has not", { labels: { region: "*" } }, false],
  ["a label with a name of Object's own", { labels: { constructor: "*" } }, false],
])("a silence of %s", (_name, match, expected) => {
  expect(activeSilence([silence(match)], SUBJECT, NOON) !== undefined).toBe(expected);
});

test.each<[string, number, boolean]>([
  ["before it begins", NOON - 1, false],
  ["at its first moment", NOON, true],
  ["at its last moment", NOON + HOUR - 1, true],
  ["at its end", NOON + HOUR, false],
])("a silence %s", (_name, at, expected) => {
  expect(activeSilence([silence({ target: "*" })], SUBJECT, at) !== undefined).toBe(expected);
});

test("of two the one that ends last counts", () => {
  const long = silence({ target: "*" }, { id: "s2", until: NOON + 5 * HOUR });
  expect(activeSilence([silence({ target: "*" }), long], SUBJECT, NOON)?.id).toBe("s2");
});

test("a store gives back what it was told; the end is the last word", async () => {
  const store = memoryStore();
  const made = silence({ target: "shop-*", labels: { team: "*" } });
  await store.putRecord(encodeSilence(made));
  expect(await listSilences(store)).toEqual([made]);
  expect(await store.putRecord(encodeSilence({ ...made, until: NOON + 1 }, true))).toBe(true);
  expect(await store.putRecord(encodeSilence(made))).toBe(false);
  expect((await listSilences(store))[0]!.until).toBe(NOON + 1);
});

describe("what nobody needs to hear any more", () => {
  const incident = (state: "open" | "resolved", openings: number[]): Incident => ({
    ...{ id: "i", target: "shop-eu", check: "orders", scope: "global", family: "service", kind: "drift" },
    ...{
      severity: "critical",
      state,
      episode: openings.length,
      openedAt: openings[0]!,
      updatedAt: NOON + 10,
    },
    timeline: openings.map((at) => ({ at, change: "opened", kind: "drift", outcome: "drift" })),
  });
  const during = NOON + 5;
  test.each<[string, Incident, string, number, boolean]>([
    ["the opening of one that is still open", incident("open", [during]), "incident.opened", during, false],
    [
      "the opening of one that came and went in it",
      incident("resolved", [during]),
      "incident.opened",
      during,
      true,
    ],
    [
      "the end of one that came and went in it",
      incident("resolved", [during]),
      "incident.resolved",
      NOON + 9,
      true,
    ],
    [
      "the end of one that was told before",
      incident("resolved", [NOON - 9]),
      "incident.resolved",
      NOON + 9,
      false,
    ],
    ["an update of one that is over", incident("resolved", [NOON - 9]), "incident.updated", NOON + 7, true],
    [
      "the end of a second episode in it",
      incident("resolved", [NOON - 9, during]),
      "incident.resolved",
      NOON + 9,
      true,
    ],
    ["an opening before it began", incident("resolved", [NOON - 9]), "incident.opened", NOON - 9, false],
  ])("%s", (_name, it, type, createdAt, expected) => {
    expect(isMoot([silence({ target: "*" })], SUBJECT, it, { type, createdAt })).toBe(expected);
  });
});
