import { connect as connectTcp } from "node:net";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../../functions/deno/client/mod.ts";
import { clock } from "../../../functions/clock.ts";
import { type Exchange, exchange } from "../../../src/base/http/client.ts";
import type { Fetch } from "../../../src/base/ports.ts";
import { type Child, spawn } from "../../process/child.ts";
import { type Reading, startMeter } from "../../world/answers/meter.ts";
import { matching, outcomeOf } from "../../world/answers/outcome.ts";
import type { Row } from "../../world/answers/row.ts";
import { HTTP2, PLAIN_HTTP2 } from "../../world/answers/http2.ts";
import { ROWS } from "../../world/answers/rows.ts";
import { HOST, type RawServer } from "../../world/answers/server.ts";

const CAP_BYTES = 64 * 1024;
/** Of rows that end by their deadline; any other ends by itself, however slow the machine is. */
const DEADLINE_MS = 500;
const PATIENCE_MS = 30_000;
const GRACE_MS = 250;
const MAX_LAG_MS = 250;
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

const SCHEMES = ["http", "https"] as const;
/** Name of a host in a URL, and which address of a door that is. */
const HOSTS = [[HOST, "v4"], ["127.0.0.1", "v4"], ["[::1]", "v6"]] as const;

/** A row asked of one scheme and host. */
interface Cell {
  url: URL;
  fetch: Fetch;
  /** Of the row's requests, by this visitor. */
  path: string;
}

let child: Child;
let server: Pick<RawServer, "doors" | "ca">;
let control: (path: string) => Promise<string>;
const worst = { settleMs: 0, lagMs: 0, grownBytes: 0, rows: { settle: "", lag: "", memory: "" } };

beforeAll(async () => {
  child = spawn("../world/answers/main.ts", []);
  server = JSON.parse(await child.line("out", (line) => line.startsWith("{")));
  const fetch = newFetch();
  control = async (path) => {
    const got = await ask(fetch, new URL(path, `http://127.0.0.1:${server.doors.control!.v4}`));
    return "bytes" in got ? new TextDecoder().decode(got.bytes) : got.detail;
  };
});

afterAll(async () => {
  child.kill("SIGKILL");
  await child.ended;
  if (child.err.length > 0) console.error(child.err.join("\n"));
  const { settleMs, lagMs, grownBytes, rows } = worst;
  console.log(
    `${ROWS.length} answers: at most ${Math.round(settleMs)} ms past the deadline (${rows.settle}), ` +
      `the event loop busy for ${Math.round(lagMs)} ms (${rows.lag}), ` +
      `${(grownBytes / 1024 / 1024).toFixed(1)} MB of buffers (${rows.memory})`,
  );
});

/** A client of its own, with no connection open. */
const newFetch = () =>
  connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: server.ca });

function ask(fetch: Fetch, url: URL, { method = "GET", body, deadlineMs = PATIENCE_MS }: {
  method?: string;
  body?: string;
  deadlineMs?: number;
} = {}): Promise<Exchange> {
  const request = { url, method, headers: {}, body };
  return exchange({ clock, fetch }, request, { deadlineMs, capBytes: CAP_BYTES });
}

function cellsOf({ name, door, schemes = SCHEMES }: Row): Cell[] {
  return schemes.flatMap((scheme) =>
    HOSTS.flatMap(([host, address]) => {
      const port = server.doors[door ?? scheme]![address];
      if (port === undefined) return [];
      const path = `/${encodeURIComponent(name)}/${scheme}-${host.replaceAll(/\W/g, "-")}`;
      return [{ url: new URL(path, `${scheme}://${host}:${port}`), fetch: newFetch(), path }];
    })
  );
}

/** Reads the same bytes and drops them: what any reader of them costs on this machine. */
async function bareLagMs(url: URL): Promise<number> {
  const stop = startMeter();
  const { promise, resolve } = Promise.withResolvers<void>();
  const at = { host: url.hostname.replace(/[[\]]/g, ""), port: Number(url.port) };
  const socket = url.protocol === "http:" ? connectTcp(at) : connectTls({ ...at, rejectUnauthorized: false });
  const timer = setTimeout(resolve, DEADLINE_MS);
  socket.on("data", () => {}).on("error", () => {}).on("close", resolve);
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
  await promise;
  clearTimeout(timer);
  socket.destroy();
  return stop().lagMs;
}

function note(row: Row, late: number, { lagMs, grownBytes }: Reading): void {
  const { rows } = worst;
  if (late > worst.settleMs) [worst.settleMs, rows.settle] = [late, row.name];
  if (lagMs > worst.lagMs) [worst.lagMs, rows.lag] = [lagMs, row.name];
  if (grownBytes > worst.grownBytes) [worst.grownBytes, rows.memory] = [grownBytes, row.name];
}

/** The door of a cell, asked for the plainest row behind it. */
const plainAt = ({ url }: Cell, { door }: Row) =>
  new URL(`/${encodeURIComponent(door === HTTP2 ? PLAIN_HTTP2 : "plain")}/after`, url);

describe("every answer, over http and https, by name, address and IPv6", () => {
  test("is a hundred rows and more, each of its own name, and this machine has ::1", () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
    expect(ROWS.length).toBeGreaterThan(100);
    const hasIPv6 = server.doors.http!.v6 !== undefined;
    if (!hasIPv6) console.warn("no ::1 on this machine: a third of the matrix is not asked");
    expect(hasIPv6 || !process.env.CI).toBe(true);
  });

  test.each(ROWS)("$name", async (row) => {
    const cells = cellsOf(row);
    const deadlineMs = "reason" in row.deno && row.deno.reason === "timeout" ? DEADLINE_MS : PATIENCE_MS;
    const { kept, method, body } = row;
    if (kept) {
      await Promise.all(
        cells.map(({ fetch, url, path }) =>
          ask(fetch, new URL(`/${encodeURIComponent(kept)}${path.slice(path.indexOf("/", 1))}-first`, url))
        ),
      );
    }
    const stop = startMeter();
    const neighbour = control("/plain");
    const began = performance.now();
    const got = await Promise.all(cells.map(async ({ fetch, url }) => {
      const outcome = outcomeOf(await ask(fetch, url, { method, body, deadlineMs }));
      return { outcome, settledMs: performance.now() - began };
    }));
    const reading = stop();
    const outcomes = got.map(({ outcome }, i) => [cells[i]!.url.origin.replace(/:\d+$/, ""), outcome]);
    const late = Math.max(...got.map(({ settledMs }) => settledMs)) - deadlineMs;
    note(row, late, reading);
    expect(outcomes).toEqual(outcomes.map(([origin]) => [origin, matching(row.deno)]));

    expect(late, "ms past the deadline").toBeLessThan(GRACE_MS + 3 * reading.lateMs);
    expect(reading.grownBytes, "bytes of buffers").toBeLessThan(MAX_GROWTH_BYTES);
    if (reading.lagMs > MAX_LAG_MS) {
      expect(reading.lagMs, "ms that the event loop was busy").toBeLessThan(
        3 * await bareLagMs(cells[0]!.url),
      );
    }
    expect(await neighbour).toBe("ok");

    const seen = await Promise.all(cells.map(({ path }) => control(`/-/seen${path}`)));
    expect(seen, "times seen").toEqual(cells.map(() => String(row.seen ?? 1)));
    if (row.door && row.door !== HTTP2) return;
    const after = await Promise.all(cells.map((cell) => ask(cell.fetch, plainAt(cell, row))));
    expect(after.map(outcomeOf)).toEqual(
      after.map(() => expect.objectContaining({ status: 200, text: "ok" })),
    );
  });
});
