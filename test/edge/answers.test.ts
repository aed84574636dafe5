import { expect, inject, test } from "vitest";
import { clock } from "../../functions/clock.ts";
import { network } from "../../functions/cloudflare/network.ts";
import { type Exchange, exchange } from "../../src/base/http/client.ts";
import { matching, outcomeOf, workerdExpected } from "../world/answers/outcome.ts";
import type { Doors } from "./global_setup.ts";
import type { Row } from "../world/answers/row.ts";
import { ROWS } from "../world/answers/rows.ts";

/** Of rows that end by their deadline; any other ends by itself, however slow the machine is. */
const DEADLINE_MS = 500;
const PATIENCE_MS = 30_000;
const GRACE_MS = 250;
const LOOK_MS = 10;

const doors: Doors = inject("doors");

/** Over http by address: a Worker's fetch knows neither the names nor the authority of a test. */
const asked = ROWS.filter(({ schemes, workerd }) => workerd !== null && (schemes?.includes("http") ?? true));

const urlOf = (door: string, path: string) => new URL(path, `http://127.0.0.1:${doors[door]!.v4}`);
const pathOf = (row: string, visitor: string) => `/${encodeURIComponent(row)}/${visitor}`;

function ask(
  url: URL,
  { method = "GET", body }: Pick<Row, "method" | "body"> = {},
  deadlineMs = PATIENCE_MS,
) {
  const request = { url, method, headers: {}, body };
  return exchange({ clock, fetch: network }, request, { deadlineMs, capBytes: 64 * 1024 });
}

/** Over connections that no row has a part in. */
const control = (path: string) => ask(urlOf("control", path));
const textOf = (got: Exchange) => outcomeOf(got).text;

/** How late the event loop was at most, ms, when the returned function is called. */
function startMeter(): () => number {
  let [last, worst] = [performance.now(), 0];
  const look = () => {
    const now = performance.now();
    worst = Math.max(worst, now - last - LOOK_MS);
    last = now;
  };
  const timer = setInterval(look, LOOK_MS);
  return () => {
    clearInterval(timer);
    look();
    return worst;
  };
}

test.each(asked)("the Worker's fetch: $name", async (row) => {
  const expected = workerdExpected(row)!;
  const deadlineMs = "reason" in expected && expected.reason === "timeout" ? DEADLINE_MS : PATIENCE_MS;
  const { name, door = "http", kept } = row;
  if (kept) await ask(urlOf(door, pathOf(kept, "workerd-first")));
  const path = pathOf(name, "workerd");
  const stop = startMeter();
  const neighbour = control("/plain");
  const began = performance.now();
  const got = await ask(urlOf(door, path), row, deadlineMs);
  const late = performance.now() - began - deadlineMs;
  const lateMs = stop();
  expect(outcomeOf(got)).toEqual(matching(expected));
  expect(late, "ms past the deadline").toBeLessThan(GRACE_MS + 3 * lateMs);
  expect(textOf(await neighbour)).toBe("ok");
  // It repeats nothing.
  expect(textOf(await control(`/-/seen${path}`)), "times seen").toBe(String(Math.min(row.seen ?? 1, 1)));
});
