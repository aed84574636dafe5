import { expect, test } from "vitest";
import { formatRecord, type LogRecord } from "../../../functions/deno/log.ts";

const record = (more: Partial<LogRecord>): LogRecord => ({
  at: new Date("2026-01-02T09:30:00.123Z"),
  level: "info",
  message: "incident opened",
  fields: {},
  colours: false,
  ...more,
});

test.each<[name: string, more: Partial<LogRecord>, line: string]>([
  ["without fields", {}, "09:30:00Z info  incident opened"],
  [
    "words stand bare",
    { fields: { target: "shop", url: "https://a.example:80/x" } },
    "09:30:00Z info  incident opened  target=shop  url=https://a.example:80/x",
  ],
  [
    "anything else is JSON",
    {
      level: "warn",
      fields: { reason: "lost its db", regions: ["fra"], slot: 60_000, none: undefined, empty: "" },
    },
    '09:30:00Z warn  incident opened  reason="lost its db"  regions=["fra"]  slot=60000  empty=""',
  ],
  [
    "a text cannot steer the terminal",
    { level: "error", fields: { reason: "\x1b[2J\n\x9b\u202e" } },
    '09:30:00Z error incident opened  reason="\\u001b[2J\\n\\u009b\\u202e"',
  ],
  [
    "colours",
    { level: "error", fields: { a: 1 }, colours: true },
    "\x1b[2m09:30:00Z\x1b[0m \x1b[31merror\x1b[0m incident opened  \x1b[2ma=\x1b[0m1",
  ],
])("%s", (_, more, line) => {
  expect(formatRecord(record(more))).toBe(line);
});
