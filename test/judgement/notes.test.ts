import { expect, test } from "vitest";
import type { Incident, Kind } from "../../src/judgement/incident.ts";
import { holdersOf, incidentNotes } from "../../src/judgement/notes.ts";
import { incident } from "../storage/store_fixture.ts";

const AT = Date.UTC(2026, 10, 30, 10, 30);
const opened = (kind: Kind, ...reasons: (string | undefined)[]): Incident => ({
  ...incident("i1"),
  kind,
  timeline: reasons.map((reason, at) => ({
    at,
    change: "opened",
    kind,
    outcome: "pending",
    ...(reason && { reason }),
  })),
});
const hold = (id: string, ...time: [day: number, hour: number, minute: number]) => (
  { id, silentSince: Date.UTC(2026, 10, ...time) }
);

test.each<[name: string, of: Incident, heldBy: ReturnType<typeof hold>[], notes: string[]]>([
  ["nothing", opened("drift", undefined), [], []],
  ["a confirmation", opened("drift", "confirmed 25 s later by 2 of 3"), [], [
    "confirmed 25 s later by 2 of 3",
  ]],
  ["that of the latest episode alone", opened("drift", "confirmed 25 s later by 2 of 3", undefined), [], []],
  ["a share", opened("partial", "about 1 in 5"), [], [
    "part of the requests fail: about 1 in 5 from every region",
  ]],
  ["a prober", opened("prober", "3 min"), [], ["it had brought nothing for 3 min"]],
  ["a certificate", opened("certificate", "in 5 d"), [], ["the certificate ends in 5 d"]],
  ["a cause", opened("capacity", "5 of 9 rounds were not walked"), [], ["5 of 9 rounds were not walked"]],
  ["who holds it open", opened("outage", undefined), [hold("fra", 30, 10, 4)], [
    "held open by fra, silent since 10:04",
  ]],
  [
    "several, and since another day",
    opened("outage", "confirmed 25 s later by 3 of 3"),
    [hold("fra", 29, 23, 59), hold("sin", 30, 0, 0)],
    [
      "confirmed 25 s later by 3 of 3",
      "held open by fra, silent since 2026-11-29 23:59; sin, silent since 00:00",
    ],
  ],
])("notes: %s", (_name, of, heldBy, notes) => expect(incidentNotes(of, heldBy, AT)).toEqual(notes));

test.each<[name: string, of: Incident, held: boolean]>([
  ["an open service incident is held", incident("i1"), true],
  ["a resolved one is not", incident("i1", { state: "resolved" }), false],
  ["nor one of another family", incident("i1", { family: "quality" }), false],
  ["nor one of another scope", incident("i1", { scope: "eu" }), false],
])("%s", (_name, of, held) => {
  const heldBy = [hold("fra", 30, 10, 4)];
  expect(holdersOf(of, { global: { heldBy }, us: {} })).toEqual(held ? heldBy : []);
});
