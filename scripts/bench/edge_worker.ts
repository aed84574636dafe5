/**
 * The Worker of `edge.ts`: the deployed Worker plus two paths. `/tick?slot=` fires cron with the clock moved
 * to that slot; `/loop?url=&times=&atOnce=` only sends the same requests.
 */
import type { ObjectState, SqlStorageCursor } from "../../functions/cloudflare/cloudflare.d.ts";
import type { Env } from "../../functions/cloudflare/env.ts";
import worker, { Ledger as LedgerObject, Prober } from "../../functions/worker.ts";
import { USER_AGENT } from "../../src/base/http/client.ts";

export { CountingLedger as Ledger, Prober };

const wall = Date.now;
const cursors: SqlStorageCursor[] = [];

/** Keeps its cursors, to count the rows that it writes. */
class CountingLedger extends LedgerObject {
  constructor(ctx: ObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    const exec = sql.exec.bind(sql);
    sql.exec = (query, ...bindings) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    };
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/tick") return new Response(`${await tick(Number(searchParams.get("slot")), env)}`);
    if (pathname !== "/loop") return await worker.fetch(request, env);
    await loop(
      searchParams.get("url")!,
      Number(searchParams.get("times")),
      Number(searchParams.get("atOnce")),
    );
    return new Response();
  },
};

/** Fires cron; returns the number of rows written, including index entries. */
async function tick(slot: number, env: Env): Promise<number> {
  const aheadMs = slot - wall();
  // Moves the clock to the slot: the Worker skips a past slot when the next is due, and waits for a future
  // one.
  Date.now = () => wall() + aheadMs;
  cursors.length = 0;
  await worker.scheduled({ scheduledTime: slot }, env);
  return cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
}

/** Requests a report and a step `times` times, `atOnce` at a time. */
async function loop(url: string, times: number, atOnce: number): Promise<void> {
  let left = times;
  const walk = async () => {
    while (left-- > 0) {
      await ask(`${url}/readyz`);
      await ask(`${url}/item`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, walk));
}

async function ask(url: string): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 10_000);
  try {
    const headers = { "user-agent": USER_AGENT };
    const response = await fetch(url, {
      headers,
      redirect: "manual",
      cache: "no-store",
      signal: abort.signal,
    });
    await response.arrayBuffer();
  } finally {
    clearTimeout(timer);
  }
}
