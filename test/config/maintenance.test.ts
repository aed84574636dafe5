import { expect, test } from "vitest";
import { edit, loadText, problemsOf, takeMark } from "./load_text.ts";

const windows = (text: string) => edit("targets:\n", `maintenance:\n  - ${text}\ntargets:\n`);
const nightly = (more: string) =>
  windows(`{ id: nightly, match: { target: shop }, reason: backup, cron: "0 2 * * *", ${more} }`);

test("three kinds of windows, with what is left out", async () => {
  const { maintenance } = await loadText(windows(`id: move
    match: { target: [shop, "sho*"], check: write }
    reason: The database moves.
    from: 2026-12-01T22:00:00+01:00
    until: 2026-12-02T02:00:00Z
  - { id: short, match: { target: "*" }, reason: r, from: 2026-12-01T22:00:00Z, duration: 90m, public: false }
  - { id: nightly, match: { target: "*" }, reason: r, cron: "0 2 * * sun", zone: Europe/Berlin, duration: 2h }
  - { id: rollout, match: { target: "*" }, reason: r, afterDeployment: 10m }`));
  expect(maintenance.map(({ id, match, isPublic }) => [id, match, isPublic])).toEqual([
    ["move", { target: ["shop", "sho*"], check: ["write"] }, true],
    ["short", { target: ["*"] }, false],
    ["nightly", { target: ["*"] }, true],
    ["rollout", { target: ["*"] }, false],
  ]);
  expect(maintenance.map(({ times }) => times)).toEqual([
    { from: Date.UTC(2026, 11, 1, 21), until: Date.UTC(2026, 11, 2, 2) },
    { from: Date.UTC(2026, 11, 1, 22), until: Date.UTC(2026, 11, 1, 23, 30) },
    {
      cron: expect.objectContaining({ source: "0 2 * * sun", zone: "Europe/Berlin" }),
      durationMs: 2 * 3_600_000,
      // The week in which summer time begins is an hour shorter.
      gapMs: 167 * 3_600_000,
    },
    { afterDeploymentMs: 600_000 },
  ]);
});

const once = (more: string) => windows(`{ id: move, match: { target: shop }, reason: r, ${more} }`);

test.each<[string, string, object]>([
  ["no time", once("▸public: true").replace("▸", ""), {
    path: "maintenance[0]",
    message: "a window needs a time",
    expected: "from, cron or afterDeployment",
  }],
  ["two of them", once("afterDeployment: 10m, ▸cron: '0 2 * * *'").replace("▸", ""), {
    path: "maintenance[0].afterDeployment",
    message: "afterDeployment together with cron",
    found: "afterDeployment",
  }],
  ["an end that nothing says", once("from: 2026-12-01T22:00:00Z"), {
    path: "maintenance[0]",
    message: "exactly one key must define its end",
    expected: "until or duration",
  }],
  ["two ends", once("from: 2026-12-01T22:00:00Z, duration: 1h, until: 2026-12-02T22:00:00Z"), {
    path: "maintenance[0]",
    message: "exactly one key must define its end",
  }],
  ["an end before the beginning", once("from: 2026-12-01T22:00:00Z, until: 2026-12-01T22:00:00+01:00"), {
    path: "maintenance[0].until",
    message: "it ends before it begins",
    expected: "after 2026-12-01T22:00:00Z",
    found: "2026-12-01T22:00:00+01:00",
  }],
  ["a zone beside an instant", once("from: 2026-12-01T22:00:00Z, duration: 1h, zone: UTC"), {
    path: "maintenance[0].zone",
    message: "zone together with from",
  }],
  ["a day without an hour", once("from: 2026-12-01, duration: 1h"), {
    path: "maintenance[0].from",
    expected: "an instant: 2027-01-31T22:00:00Z, or with an offset such as +01:00",
    found: '"2026-12-01"',
  }],
  ["cron without an end", nightly("zone: UTC"), {
    path: "maintenance[0]",
    message: "its end is missing",
    expected: "duration",
  }],
  ["no cron", nightly("duration: 1h").replace("0 2 * * *", "0 25 * * *"), {
    path: "maintenance[0].cron",
    message: expect.stringMatching(/^not a cron expression: /),
    found: "0 25 * * *",
  }],
  ["no such zone", nightly("duration: 1h, zone: Europe/Berln"), {
    path: "maintenance[0].zone",
    message: "unknown time zone",
    suggestion: "Europe/Berlin",
  }],
  ["an end that never comes", nightly("duration: 1d"), {
    path: "maintenance[0].duration",
    message: "it would never end",
    expected: "less than 1d, the shortest time between two beginnings",
    found: "1d",
  }],
  ["the night that is an hour shorter", nightly("duration: 23h, zone: Europe/Berlin"), {
    path: "maintenance[0].duration",
    expected: "less than 23h, the shortest time between two beginnings",
  }],
  ["a target that is none", nightly("duration: 1h").replace("target: shop", "target: [shopp]"), {
    path: "maintenance[0].match.target",
    message: "no target matches",
    found: "shopp",
    suggestion: "shop",
  }],
  ["labels that no target has", nightly("duration: 1h").replace("target: shop", "labels: { team: pay }"), {
    path: "maintenance[0].match",
    message: "it matches no check of this config",
    expected: "at least one",
  }],
  ["nothing that it is about", nightly("duration: 1h").replace("target: shop", ""), {
    path: "maintenance[0].match",
    expected: 'a target, a check or labels; target: "*" matches all',
  }],
  [
    "two of one name",
    windows(`{ id: a, match: { target: "*" }, reason: r, afterDeployment: 5m }
  - { id: a, match: { target: "*" }, reason: r, afterDeployment: 5m }`),
    { path: "maintenance[1].id" },
  ],
])("%s is an error", async (_name, text, problem) => {
  const problems = await problemsOf(text);
  expect(problems).toContainEqual(
    expect.objectContaining({ severity: "error", line: expect.any(Number), ...problem }),
  );
});

test("the place of an error is where it stands", async () => {
  const { text, line, column } = takeMark(nightly("duration: ▸1d"));
  expect(await problemsOf(text)).toMatchObject([{ line, column }]);
});
