/** The world of a test in workerd: the Worker and its objects, the clock, the config of the deployment, and a room of the shop. */
import { compileConfig } from "../../src/config/compiled.ts";
import bundled from "#config";
import { env, reset, runInDurableObject, SELF, type Stub } from "cloudflare:test";
import { afterEach, beforeEach, vi } from "vitest";
import { objectDriver } from "../../functions/cloudflare/sqlite.ts";
import { ProberObject } from "../../functions/cloudflare/prober.ts";
import worker from "../../functions/worker.ts";
import type { RoundsRequest } from "../../src/engine/prober/rounds.ts";
import type { ProberReply } from "../../src/judgement/round.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { Store } from "../../src/storage/store.ts";
import { MINUTE, START } from "../scenario.ts";
import { type ShopClient, shopClient } from "./shop_client.ts";
import type { CheckHistory } from "../../src/judgement/assess.ts";

/** The slot of minute `n` of a test, epoch ms. */
export const minute = (n: number) => START + n * MINUTE;

/** What `wrangler.toml` bundles here; the Worker and this test share the module. */
const compiled = bundled as { config: Record<string, unknown>; objects: number; secrets: unknown };
const deployed = compiled.config;
const original = structuredClone(deployed);

const wire = globalThis.fetch;
const elapsed = performance.now.bind(performance);
const askProber = ProberObject.prototype.walk;

/** What the runtime's `fetch` does in a test. The Worker looks it up at each call. */
export const network = {
  /** What Cloudflare's trace answers; absent: nothing can be learnt. */
  colo: undefined as string | undefined,
  /** Stands before every request of a check. */
  gate: (ask: () => Promise<Response>): Promise<Response> => ask(),
  /** What prober objects were asked. */
  walks: [] as RoundsRequest[],
  /** Stands before every ask of a prober object. */
  walk: (_request: RoundsRequest, ask: () => Promise<ProberReply>): Promise<ProberReply> => ask(),
  /** Variables of every prober object, beside the usual ones. */
  proberEnv: {} as Record<string, unknown>,
  /** Subrequests of checks. */
  asked: 0,
  /** How often one of them began or ended: it stands still while nothing moves. */
  moves: 0,
};

const tracing: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.pathname === "/cdn-cgi/trace") {
    return Promise.resolve(new Response(network.colo && `fl=1\ncolo=${network.colo}\nwarp=off\n`));
  }
  if (!new Headers(init?.headers).has("x-assay-run")) return wire(input, init);
  network.asked++;
  network.moves++;
  return network.gate(() => wire(input, init)).finally(() => network.moves++);
};

const realTimers = { set: globalThis.setTimeout, clear: globalThis.clearTimeout };
/** How often (ms) a timer looks whether the test has made it due. */
const LOOK_MS = 2;

/**
 * The clock goes on only as the test says. The test moves it in its own context, where no object may go on (this pool switches off that
 * the runtime moves what follows a promise home): so a timer is only marked there, and looks by itself, in its object's context, for the mark.
 */
function fakeTimers(nowMs: number): void {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: nowMs });
  const fake = { set: globalThis.setTimeout, clear: globalThis.clearTimeout };
  const cancels = new Map<unknown, () => void>();
  const clear = (timer?: unknown) => {
    cancels.get(timer)?.();
    cancels.delete(timer);
  };
  const set = (fire: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    let isDue = false;
    const timer = fake.set(() => isDue = true, ms);
    const look = () => {
      if (!isDue) return void (looking = realTimers.set(look, LOOK_MS));
      cancels.delete(timer);
      network.moves++;
      fire(...args);
    };
    let looking = realTimers.set(look, LOOK_MS);
    cancels.set(timer, () => {
      realTimers.clear(looking);
      fake.clear(timer);
    });
    return timer;
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
}

let rooms = 0;

/**
 * Sets up each test of a file: its own room, an empty store, the clock at minute 0, the config of `config.json` there. `timersAtHome`: a
 * timer fires in its object's context; while one waits the object cannot be evicted.
 */
export function workerFixture({ timersAtHome = false } = {}): WorkerFixture {
  const world = new WorkerFixture();
  beforeEach(async ({ task }) => {
    if (timersAtHome) fakeTimers(START);
    else vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: START });
    globalThis.fetch = tracing;
    for (const level of ["log", "warn", "error"] as const) vi.spyOn(console, level).mockReturnValue();
    Object.assign(network, { colo: undefined, gate: (ask: () => Promise<Response>) => ask(), asked: 0 });
    Object.assign(network, { walks: [], proberEnv: {}, walk: (_: unknown, ask: () => unknown) => ask() });
    vi.spyOn(ProberObject.prototype, "walk").mockImplementation(function (this: ProberObject, request) {
      Object.assign(this, { env: { ...env, ...network.proberEnv } });
      network.walks.push(request);
      return network.walk(request, () => askProber.call(this, request));
    });
    world.useShop(shopClient(env.SHOP_URL, `${task.file.name.replace(/\W+/g, "-")}-${rooms++}`));
    await world.shop.be({ all: "serves" });
  });
  afterEach(async () => {
    await world.shop.be({ all: "serves" });
    await reset();
    globalThis.fetch = wire;
    performance.now = elapsed;
    vi.restoreAllMocks();
    vi.useRealTimers();
    Object.assign(globalThis, { setTimeout: realTimers.set, clearTimeout: realTimers.clear });
  });
  return world;
}

/** See {@linkcode workerFixture}. */
export class WorkerFixture {
  shop!: ShopClient;

  useShop(room: ShopClient): void {
    this.shop = room;
    this.setConfig({});
  }

  /** Replaces parts of the config, for objects that are not yet in memory. */
  setConfig(parts: Record<string, unknown>, { objects = 1 } = {}): void {
    compiled.objects = objects;
    for (const key of Object.keys(deployed)) delete deployed[key];
    const target = { ...targets()[0], url: this.shop.stall() };
    const webhook = { id: "oncall", url: this.shop.hook, secret: "${env:ONCALL_SECRET}" };
    Object.assign(deployed, structuredClone(original), { targets: [target], webhooks: [webhook], ...parts });
    compiled.secrets = compileConfig(deployed).secrets;
  }

  /** A new stub each time: one whose object died is of no more use. */
  get ledger(): Stub {
    return env.LEDGER.getByName("ledger");
  }

  /** The first object of a place, or another one, first generation. */
  prober(place: string, k = 0): Stub {
    return env.PROBER.getByName(`prober:${place}:1:${k}`);
  }

  /** Gives an object other variables and bindings, for as long as it is in memory. */
  async setEnv(stub: Stub, bindings: Record<string, unknown>): Promise<void> {
    await runInDurableObject(stub, (object) => void Object.assign(object, { env: { ...env, ...bindings } }));
  }

  /** Gives every prober other variables. An idle one sleeps after ten seconds, which a slow machine may take to ask it: it wakes up with them. */
  setProberEnv(bindings: Record<string, unknown>): void {
    network.proberEnv = bindings;
  }

  /** The clock stands at `nowMs`, and so does the one that measures what has elapsed: however slow the machine is, no deadline comes. */
  setClock(nowMs: number): void {
    vi.setSystemTime(nowMs);
    performance.now = () => Date.now() - START;
  }

  /** From here on timers fire by themselves: an object that waits for nothing else is given up by the runtime. */
  runTimers(): void {
    const nowMs = Date.now();
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
  }

  /** Lets timers fire by themselves during this work: what goes on after one must be in the context of its object. */
  async withTimers<T>(work: () => Promise<T>): Promise<T> {
    this.runTimers();
    try {
      return await work();
    } finally {
      const now = Date.now();
      vi.useRealTimers();
      vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now });
    }
  }

  /** Awaits what needs a deadline to come: whenever nothing moves any more, the clock goes on to the next timer. */
  async passTime<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const done = work.finally(() => isOver = true);
    done.catch(() => {});
    while (!isOver) {
      const before = network.moves;
      // What had reached the shop before these questions is answered before them.
      for (let i = 0; i < 5; i++) await this.shop.seen();
      if (!isOver && network.moves === before) await vi.advanceTimersToNextTimerAsync();
    }
    return await done;
  }

  /** Cron fires for the minute `n`, at once or at `nowMs`. */
  tick(n: number, nowMs = minute(n)): Promise<void> {
    return this.fire(minute(n), nowMs);
  }

  /** Cron fires for the minute that starts at `slot`. */
  async fire(slot: number, nowMs: number): Promise<void> {
    this.setClock(nowMs);
    await worker.scheduled({ scheduledTime: slot }, env);
  }

  /** `GET /v1/status`. */
  async status(): Promise<Status> {
    const headers = { authorization: `Bearer ${env.ASSAY_TOKEN}` };
    return await (await SELF.fetch("https://assay.example/v1/status", { headers })).json();
  }

  /** What the API says of each prober of the first check. */
  async probers(): Promise<Record<string, ProberView>> {
    const { targets: [target] } = await this.status();
    const views = target!.checks[0]!.regions.flatMap((region) => region.probers);
    return Object.fromEntries(views.map((view) => [view.id, view]));
  }

  /** The ledger's store, in its object. */
  withStore<T>(ask: (store: Store) => Promise<T>): Promise<T> {
    return runInDurableObject(
      this.ledger,
      (_, { storage }) => ask(sqliteStore(objectDriver(storage))),
    );
  }

  /** The history of shard 0: for each settled minute, what each prober brought for the first check. */
  async history(): Promise<Record<number, Record<string, string>>> {
    const samples = await this.withStore((store) =>
      store.readSamples({ shard: 0, from: 0, to: minute(1_000) })
    );
    return Object.fromEntries(samples.map(({ slot, data }) => {
      const [first]: CheckHistory[] = Object.values(JSON.parse(data));
      return [(slot - START) / MINUTE, Object.fromEntries(first!.traces.map((t) => [t.prober, t.word]))];
    }));
  }

  /** What came to the webhook: "opened drift #1", with its id. */
  async notices(): Promise<{ id: string; says: string; status: number }[]> {
    return (await this.shop.seen()).posts.map(({ headers, body, status }) => {
      const { type, data: { incident } } = JSON.parse(body);
      const says = `${type.replace("incident.", "")} ${incident.kind} #${incident.episode}`;
      return { id: headers["webhook-id"]!, says, status };
    });
  }
}

/** Targets like the one of `config.json`. */
export const targets = (): Record<string, unknown>[] =>
  structuredClone(original.targets as Record<string, unknown>[]);

interface Status {
  status: string;
  targets: { id: string; status: string; checks: { regions: { probers: ProberView[] }[] }[] }[];
}

interface ProberView {
  id: string;
  vote: string;
  excluded?: string;
  stale: boolean;
  verdict?: string;
  verdictReason?: string;
  observed?: { outcome: string };
  missed?: { slot: string; reason: string };
}
