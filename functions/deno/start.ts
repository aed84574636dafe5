/** Binds Assay to Deno: clock, environment, network, store, cron and server. It judges nothing. */
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
/**
 * The time limits of a stop: for work in flight, then for the last notices and answers. Deno Deploy kills 5 s
 * after SIGINT.
 */
const stopLimits = () => isDeploy() ? { workMs: 2_000, flushMs: 1_000 } : { workMs: 10_000, flushMs: 5_000 };

export function openStore({ store }: Config): Store {
  const kind = KINDS.stores.find(({ kind }) => kind === store.kind);
  if (!kind) throw new Error(`There is no store of kind ${store.kind}`);
  return kind.open(store.options, {
    clock: processClock,
    random: Math.random,
    env: (name) => Deno.env.get(name),
  });
}

export interface StartOptions extends Loaded {
  /** Reads the config and its secrets again; absent: the process does not reload. */
  load?(): Promise<Loaded>;
  /** Runs only this prober, for another deployment. */
  prober?: string;
  /** Also runs this prober, as one of several deployments of the same config, each in its own region. */
  here?: string;
  /** Overrides the port of `listen`; 0 takes a free port. */
  port?: number;
}

export interface Running {
  port: number;
  /** Reads the config again and applies it, or reports why the previous one stays in effect. */
  reload?: Reloader["reload"];
  /**
   * Finishes work in flight (at most 10 s), releases the lease and delivers due notices (at most 5 s each),
   * then closes the store. On Deno Deploy, which kills after 5 s, it releases the lease first.
   */
  stop(): Promise<void>;
}

/** Starts Assay, or a prober alone. */
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

/** Looks up the app for each request, because a reload replaces it. */
const servedBy = (current: () => Served): Served => ({ fetch: (...asked) => current().fetch(...asked) });

/** The reloader of these options; undefined: the process cannot read its config again. */
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

/** Registers a cron and answers requests: the platform expects both of every timeline. */
async function startPreview({ config, ports, port: override }: StartOptions): Promise<Running> {
  startCron(ports, () => {});
  const server = await listen(previewApp, withPort(config.listen, override));
  const { port } = server;
  ports.log.warn("this is not the production timeline: nothing is settled or sent from here", { port });
  return { port, stop: () => waitAtMost(stopLimits().flushMs, server.shutdown()) };
}

/** Call it before `Deno.serve`: Deno Deploy finds no crons afterwards. `run` must not reject. */
function startCron({ log }: Ports, run: () => void | Promise<void>, signal?: AbortSignal): void {
  Deno.cron("tick", "* * * * *", { signal }, run).catch((error) =>
    log.error("cron ended", { error: messageOf(error) })
  );
}

/** The current assembly, its settler and outbox, and the reload that replaces it. */
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
    sightDelivery: () => current.deliver.sighting(),
    onCommit: (notices, at) => {
      void current.beat?.(at);
      if (notices > 0) void outbox();
    },
  });
  const deliveries = new Set<Promise<unknown>>();
  // Deliveries run concurrently: a hanging receiver must not block later notices.
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
    // A cron may fire slightly early; up to a second early still counts for its minute.
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
    // The tick at start may hold this minute.
    if (isDeploy()) return untilSettled(Promise.all(ticks));
  }, signal);
  // Before anything is probed or settled: the port may be taken.
  const server = await listen(servedBy(() => current().app), withPort(config.listen, port));
  const timer = setInterval(outbox, OUTBOX_MS);
  runTick();
  // A restart is a deliberate act, so disabled webhooks get another chance.
  void enableAll(store).then(outbox, outbox);
  if (config.controls.length === 0) {
    ports.log.warn(
      "no controls are configured: a network failure of this prober will count against the targets",
    );
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
        ports.log.warn("the lease could not be released", { error: ports.secrets.redact(messageOf(error)) });
      const releaseLease = () => waitAtMost(flushMs, settling.release().catch(logUnreleased));
      if (isDeploy()) await releaseLease();
      await waitAtMost(workMs, Promise.all(ticks));
      if (!isDeploy()) await releaseLease();
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

/** At most one run at a time; a call during a run causes one more run after it. */
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

async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const disarm = processClock.after(ms, late.resolve);
  await Promise.race([work, late.promise]).finally(disarm);
}
