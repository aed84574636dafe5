import { expect, test } from "vitest";
import { quietUntil, readQuietHours } from "../../src/config/quiet_hours.ts";
import { edit, loadText, problemsOf } from "./load_text.ts";

const at = (text: string) => Date.parse(`${text}:00Z`);

test.each<[string, string, string, string, string | undefined]>([
  ["before", "22:00", "07:00", "2026-06-01T19:59", undefined],
  ["at their beginning, by the zone's clock", "22:00", "07:00", "2026-06-01T20:00", "2026-06-02T05:00"],
  ["after midnight", "22:00", "07:00", "2026-06-01T23:30", "2026-06-02T05:00"],
  ["at their end", "22:00", "07:00", "2026-06-02T05:00", undefined],
  ["within a day", "12:00", "14:00", "2026-06-01T10:30", "2026-06-01T12:00"],
  ["after those within a day", "12:00", "14:00", "2026-06-01T12:00", undefined],
  ["the night that is an hour shorter", "22:00", "07:00", "2026-03-28T22:00", "2026-03-29T05:00"],
  ["the night that is an hour longer", "22:00", "07:00", "2026-10-24T21:00", "2026-10-25T06:00"],
  ["an end that the night lacks", "22:00", "02:30", "2026-03-28T22:00", "2026-03-29T01:00"],
  ["until midnight", "22:00", "00:00", "2026-06-01T21:00", "2026-06-01T22:00"],
])("%s", (_name, from, until, now, expected) => {
  const hours = readQuietHours({ from, until, zone: "Europe/Berlin" }, [], () => expect.fail())!;
  const end = quietUntil(hours, at(now));
  expect(end && new Date(end).toISOString().slice(0, 16)).toBe(expected);
});

const CHAT = 'webhooks: [{ id: chat, url: "https://a.example", secret: "${env:A}" }]\n';
const route = (hours: string) =>
  edit("targets:\n", `${CHAT}routes: [{ sinks: [chat], quietHours: ${hours} }]\ntargets:\n`);

test.each<[string, string, object]>([
  ["no time of day", "{ from: '25:00', until: '07:00' }", {
    path: "routes[0].quietHours.from",
    expected: "a time of day: 22:00",
  }],
  ["no zone", "{ from: '22:00', until: '07:00', zone: Europe/Berln }", {
    path: "routes[0].quietHours.zone",
    suggestion: "Europe/Berlin",
  }],
  ["no end", "{ from: '22:00', until: '22:00' }", {
    path: "routes[0].quietHours.until",
    message: "quiet hours must not begin and end at the same time",
  }],
])("%s is an error", async (_name, hours, expected) => {
  expect(await problemsOf(route(hours))).toContainEqual(
    expect.objectContaining({ severity: "error", ...expected }),
  );
});

test("a rule has those of the rule above, or its own", async () => {
  const { routes } = await loadText(edit(
    "targets:\n",
    `${CHAT}routes: [{ sinks: [chat], quietHours: { from: "22:00", until: "07:00" }, routes: [{ match: { kind: drift } }, { quietHours: { from: "23:00", until: "05:00" } }] }]\ntargets:\n`,
  ));
  const hours = routes![0]!.routes.map(({ quietHours }) => quietHours!.from / 3_600_000);
  expect(hours).toEqual([22, 23]);
});
