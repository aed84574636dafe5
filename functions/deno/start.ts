/** Binds Assay to Deno: clock, environment, network, store, cron and server. No judgement here. */
import type { Config } from "../../src/config/config.ts";
import type { Ports } from "../../src/base/ports.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import { routes as reloadRoutes } from "../../src/web/api/routes/reload.ts";
import type { OutboxStore, Store } from "../../src/storage/store.ts";
import {
  assemble,
  assembleProber,
  type Assembly,
  boundRounds,
  type Loaded,
  type ProberAssembly,
  type Standing,
} from "./assembly.ts";
import { isDeploy, isPreview, previewApp, untilSettled } from "./deploy.ts";
import { KINDS } from "./kinds.ts";
import { processClock } from "./ports.ts";
import { type Reloader, reloader } from "./reload.ts";
import { listen, type Served, withPort } from "./server.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const OUTBOX_MS = 5_000;
/** What a stop allows to work in flight, and then to the last notices and answers. Deno Deploy kills 5 s after SIGINT. */
const stopLimits = () => isDeploy() ? { workMs: 2_000, flushMs: 1_000 } : { workMs: 10_000, flushMs: 5_000 };

/** The store that the config names. */
export function openStore({ store }: Config): Store {
  const kind = KINDS.stores.find(({ kind }) => kind === store.kind);
  if (!kind) throw new Error(`There is no store of kind ${store.kind}`);
  return kind.open(store.options, {
    clock: processClock,
    random: Math.random,
    env: (name) => Deno.env.get(name),
  });
}

/** What `start` needs. */
export interface StartOptions extends Loaded {
  /** Reads the config and its secrets again; without it the process answers no reload. */
  load?(): Promise<Loaded>;
  /** Run only this prober, for another deployment. */
  prober?: string;
  /** Be this prober as well: one of several deployments of the same config, each in a region of its own. */
  here?: string;
  /** Overrides `listen`; 0 takes a free port. */
  port?: number;
}

/** A started process. */
export interface Running {
  port: number;
  /** Reads the config again and runs it, or says why the one before goes on. */
  reload?: Reloader["reload"];
  /**
   * Finishes what is in flight (at most 10 s), gives up the lease and delivers what is due (at most 5 s each), and closes the
   * store. On Deno Deploy, which kills after 5 s, the lease comes first.
   */
  stop(): Promise<void>;
}

/** Starts a prober, or the whole of Assay. */
export async function start(given: StartOptions): Promise<Running> {
  const options = boundRounds(given);
  const { stop, ...running } =
    await (isPreview()
      ? startPreview(options)
      : options.prober
      ? startProber(options, options.prober)
      : startAssay(options));
  let stopping: Promise<void> | undefined;
  return { ...running, stop: () => stopping ??= stop() };
}

/** What answers is asked for at each request: a reload puts another in its place. */
const servedBy = (current: () => Served): Served => ({ fetch: (...asked) => current().fetch(...asked) });

/** Reloads by what the process was started with; undefined where it cannot read a config again. */
function reloaderOf(options: StartOptions, apply: (loaded: Loaded) => Promise<void>): Reloader | undefined {
  const { load } = options;
  return load && reloader({ running: options, load: async () => boundRounds(await load()), apply });
}

async function startProber(options: StartOptions, prober: string): Promise<Running> {
  const { config, ports, port } = options;
  const reloads = reloaderOf(options, (loaded) => {
    current = assembleProber({ ...loaded, prober }, standing, current);
    return Promise.resolve();
  });
  const standing = { configFault: reloads?.fault };
  let current: ProberAssembly = assembleProber({ config, ports, prober }, standing);
  const server = await listen(servedBy(() => current.app), withPort(config.listen, port));
  ports.log.info("prober started", { prober, port: server.port, checks: config.checks.length });
  return {
    port: server.port,
    reload: reloads?.reload,
    stop: () => waitAtMost(stopLimits().workMs, server.shutdown()),
  };
}

/** The platform looks for crons in every timeline, and expects an answer from it. */
async function startPreview({ config, ports, port: override }: StartOptions): Promise<Running> {
  startCron(ports, () => {});
  const server = await listen(previewApp, withPort(config.listen, override));
  const { port } = server;
  ports.log.warn("this is not the production timeline: nothing is settled or sent from here", { port });
  return { port, stop: () => waitAtMost(stopLimits().flushMs, server.shutdown()) };
}

/** Deno Deploy finds crons only before `Deno.serve`. `run` must not reject. */
function startCron({ log }: Ports, run: () => void | Promise<void>, signal?: AbortSignal): void {
  Deno.cron("tick", "* * * * *", { signal }, run).catch((error) =>
    log.error("cron ended", { error: messageOf(error) })
  );
}

/** The assembly that runs, what settles by it, and what puts another in its place. */
function openAssay(options: StartOptions) {
  const { config, ports, here: prober } = options;
  const store = openStore(config);
  const reloads = reloaderOf(options, async (loaded) => {
    const next = assemble({ ...loaded, prober }, standing, current);
    await settling.replace(next);
    current = next;
    void enableAll(store).then(outbox, outbox);
  });
  const standing: Standing = {
    store,
    runCheck: (check) => settling.probeNow(check),
    configFault: reloads?.fault,
    reload: reloads && ((context) => reloadRoutes({ ...context, reload: reloads.reload })),
  };
  let current: Assembly = assemble({ config, ports, prober }, standing);
  const settling = settler({
    ...current,
    store,
    owner: crypto.randomUUID(),
    onCommit: (notices, at) => {
      void current.beat?.(at);
      if (notices > 0) void outbox();
    },
  });
  const deliveries = new Set<Promise<unknown>>();
  // Not one call after the other: a receiver that hangs must not hold up what has come since.
  const send = () => {
    const running: Promise<unknown> = current.deliver().catch(failure(() => current, "delivery failed"))
      .finally(() => deliveries.delete(running));
    deliveries.add(running);
    return running;
  };
  const review = singleFlight(() => current.review(), failure(() => current, "a review failed"));
  const outbox = () => Promise.all([send(), review()]);
  return { store, settling, deliveries, outbox, current: () => current, reload: reloads?.reload };
}

async function startAssay(options: StartOptions): Promise<Running> {
  const { config, ports, port } = options;
  const { store, settling, deliveries, outbox, current, reload } = openAssay(options);
  const stopped = new AbortController();
  const { signal } = stopped;
  const ticks = new Set<Promise<unknown>>();
  const runTick = () => {
    // A cron may fire a moment early; a whole second early is still this minute.
    const minuteMs = Math.floor((processClock.now() + 1_000) / MINUTE_MS) * MINUTE_MS;
    const settle = async () => {
      const { tick, takeStatistics } = settling;
      if (await tick(minuteMs, signal)) ports.log.info("minute settled", { ...takeStatistics() });
    };
    const running: Promise<unknown> = settle().catch(failure(current, "a tick failed"))
      .finally(() => ticks.delete(running));
    ticks.add(running);
  };
  startCron(ports, () => {
    runTick();
    // The start's own tick may hold this minute.
    if (isDeploy()) return untilSettled(Promise.all(ticks));
  }, signal);
  // Before anything is asked or settled: the port may be taken.
  const server = await listen(servedBy(() => current().app), withPort(config.listen, port));
  const timer = setInterval(outbox, OUTBOX_MS);
  runTick();
  // A restart is an operator's act: a receiver that was gone gets another chance.
  void enableAll(store).then(outbox, outbox);
  if (config.controls.length === 0) {
    ports.log.warn("no controls: this prober's own loss of network will count against the targets");
  }
  const { checks, publicUrl: page } = config;
  ports.log.info("assay started", { port: server.port, checks: checks.length, ...(page && { page }) });
  return {
    port: server.port,
    reload,
    async stop() {
      ports.log.info("assay is stopping");
      stopped.abort();
      clearInterval(timer);
      const { workMs, flushMs } = stopLimits();
      const logUnreleased = (error: unknown) =>
        ports.log.warn("the lease could not be given up", { error: ports.secrets.redact(messageOf(error)) });
      const giveUpLease = () => waitAtMost(flushMs, settling.release().catch(logUnreleased));
      if (isDeploy()) await giveUpLease();
      await waitAtMost(workMs, Promise.all(ticks));
      if (!isDeploy()) await giveUpLease();
      await waitAtMost(flushMs, Promise.all([outbox(), ...deliveries, server.shutdown()]));
      await store.close();
    },
  };
}

const enableAll = async (store: OutboxStore) => {
  for (const webhook of Object.keys(await store.listDisabledWebhooks())) {
    await store.disableWebhook(webhook, null);
  }
};

const failure = (current: () => Loaded, message: string) => (error: unknown) => {
  const { log, secrets } = current().ports;
  log.error(message, { error: secrets.redact(messageOf(error)) });
};

/** At most one run at a time; asked during a run, it runs once more after it. */
function singleFlight(work: () => Promise<unknown>, failed: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      await work().catch(failed);
    } while (again);
    running = null;
  };
  return () => {
    again = running !== null;
    return running ??= run();
  };
}

/** Waits for `work`, but not longer than `ms`. */
async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const disarm = processClock.after(ms, late.resolve);
  await Promise.race([work, late.promise]).finally(disarm);
}
