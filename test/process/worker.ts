/**
 * A settler and deliverer with the real store and network and a scripted clock, in a process of its own: `worker.ts JOB`,
 * the job as JSON. With `until` it settles minute after minute as fast as it can; otherwise it settles what it is told, a
 * line `{minute, nowMs}` at a time, and answers each with `{settled, committed}`.
 */
import { KINDS } from "../../functions/deno/kinds.ts";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { connector } from "../../functions/deno/client/mod.ts";
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { load } from "../../src/config/mod.ts";
import { guardFetch } from "../../src/base/http/guard.ts";
import { deliver } from "../../src/engine/notify/mod.ts";
import { SINKS } from "../../src/engine/notify/sinks/mod.ts";
import type { Clock, Ports } from "../../src/base/ports.ts";
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../src/engine/prober/local.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import type { Commit, Store } from "../../src/storage/store.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { MINUTE, START } from "./long_scenario.ts";

/** What a worker is to do. */
export interface Job {
  config: string;
  /** The database; the clock is kept beside it, so that time goes on while nobody runs. */
  file: string;
  /** Epoch ms. */
  until?: number;
  /** Sends itself the signal at the first such point at or after `from` (virtual epoch ms), and says so before. */
  halt?: { point: Point; from: number; signal: "SIGKILL" | "SIGSTOP" };
}

/** A moment around one call of the store. */
export type Point = keyof typeof POINTS;

interface Call {
  method: string;
  arguments: unknown[];
  /** Absent before the call. */
  result?: unknown;
}

const after = (method: string, holds: (call: Call) => boolean = () => true) => (call: Call) =>
  call.method === method && "result" in call && holds(call);
const before = (method: string) => (call: Call) => call.method === method && !("result" in call);

const POINTS = {
  "a tick is taken": after("takeLease", ({ result }) => result !== null),
  "all is gathered": before("commit"),
  "a slot is committed": after("commit"),
  "an incident is committed": after("commit", ({ arguments: [, commit] }) => {
    const { incidents, notices } = commit as Commit;
    return incidents.length + notices.length > 0;
  }),
  "a notice is claimed": after("claimDeliveries", ({ result }) => (result as unknown[]).length > 0),
  "a notice was sent": before("recordAttempt"),
  "a receipt is written": after("recordAttempt"),
};

/**
 * How long a lease lasts here: whoever comes after a dead process has then time left to walk the slot before it is half a period late.
 */
const LEASE_MS = 2_000;

/** Past its point by this much, a worker halts at whatever call comes next. */
const PATIENCE_MS = 6 * MINUTE;

const job = JSON.parse(Deno.args[0]!) as Job;

/** Stands still but for `to`. No deadline fires: all that is asked answers. */
const clock = fileClock(`${job.file}.clock`);
const { config } = await load({ kind: "yaml", text: job.config }, {
  kinds: KINDS,
  env: (name) => Deno.env.get(name),
});
const printError = (message: string, fields: unknown) => console.error(message, JSON.stringify(fields));
const ports: Ports = {
  clock,
  fetch: guardFetch(connector({ allowPrivate: true }), true),
  random: () => 0.5,
  // The receiver is not always well; nothing else may go wrong.
  log: {
    info() {},
    warn: (message, fields) => message !== "notice not delivered" && printError(message, fields),
    error: printError,
  },
  secrets: secretsOf(references(job.config), (name) => Deno.env.get(name)),
};
const store = haltingStore(withShortLeases(openSqlite(job.file)));
let committed: number[] = [];
let sending: Promise<unknown> = Promise.resolve();
const send = () => sending = sending.then(() => deliver(ports, store, config, { sinks: SINKS }));
const { concurrency, controls } = config;
const { tick } = settler({
  ports,
  store,
  config,
  probers: config.regions.map(({ id }) =>
    localProber(ports, { id, region: id, dialects: DIALECTS, steps: STEP_KINDS, concurrency, controls })
  ),
  owner: crypto.randomUUID(),
  onCommit(notices, slot) {
    committed.push(slot);
    if (notices > 0) void send();
  },
});

await (job.until === undefined ? runCommands() : run(job.until));
await store.close();

/** From the tick that was taken last, finished or not, to the end; then until every notice is delivered. */
async function run(until: number) {
  let minute = (await store.latest())?.tick ?? START;
  for (; minute < until; minute = (await store.latest())!.tick + MINUTE) {
    clock.to(minute);
    for (let waits = 0; !await tick(minute); waits++) {
      if (waits === 10) throw new Error(`The tick ${minute} stays taken`);
      clock.to(clock.now() + LEASE_MS / 2);
    }
    // Before the clock goes on: a claim must not run out while its notice is on the way.
    await send();
  }
  for (let tries = 0; await pending(); tries++) {
    if (tries === 60) throw new Error("There are notices that cannot be delivered");
    await send();
    clock.to(clock.now() + MINUTE);
  }
}

async function pending(): Promise<boolean> {
  return (await store.listDeliveries({ state: "pending", limit: 1 })).items.length > 0;
}

async function runCommands() {
  for await (const line of createInterface({ input: process.stdin })) {
    const { minute, nowMs } = JSON.parse(line) as { minute: number; nowMs: number };
    clock.to(nowMs);
    committed = [];
    const settled = await tick(minute);
    await send();
    console.log(JSON.stringify({ settled, committed }));
  }
}

function fileClock(file: string): Clock & { to(ms: number): void } {
  let nowMs = read(file);
  return {
    now: () => nowMs,
    elapsed: () => 0,
    after: () => () => {},
    to(ms) {
      nowMs = Math.max(nowMs, ms);
      writeFileSync(`${file}.${Deno.pid}`, String(nowMs));
      renameSync(`${file}.${Deno.pid}`, file);
    },
  };
}

function read(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return START;
  }
}

function withShortLeases(store: Store): Store {
  const takeLease: Store["takeLease"] = (ask) => store.takeLease({ ...ask, ttlMs: LEASE_MS });
  return new Proxy(store, {
    get: (target, name: keyof Store) => name === "takeLease" ? takeLease : target[name].bind(target),
  });
}

/** The store, with a halt at the point that the job names. */
function haltingStore(store: Store): Store {
  let halt = job.halt;
  if (!halt) return store;
  const haltAt = (call: Call) => {
    if (!halt || clock.now() < halt.from) return;
    if (clock.now() < halt.from + PATIENCE_MS && !POINTS[halt.point](call)) return;
    const { signal } = halt;
    halt = undefined;
    console.log(signal);
    Deno.kill(Deno.pid, signal);
  };
  return new Proxy(store, {
    get: (target, name: keyof Store & string) => async (...args: unknown[]) => {
      haltAt({ method: name, arguments: args });
      const result = await (target[name] as (...args: unknown[]) => Promise<unknown>)(...args);
      haltAt({ method: name, arguments: args, result });
      return result;
    },
  });
}
