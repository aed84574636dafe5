/** Binds Assay to Deno: clock, environment, network, store, cron and server. No judgement here. */
import { api } from "../../src/web/app.ts";
import type { Config } from "../../src/config/config.ts";
import { gateServices } from "../../src/engine/gates/services.ts";
import { deliverer } from "../../src/engine/notify/mod.ts";
import type { Log, Ports } from "../../src/base/ports.ts";
import { closest } from "../../src/base/closest.ts";
import { remoteProber } from "../../src/engine/prober/remote.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import type { OutboxStore, Store } from "../../src/storage/store.ts";
import { secretsOf } from "../../src/base/secrets.ts";
import { coarseClock } from "./clock.ts";
import { localProberOf } from "../local_prober.ts";
import { connector } from "./client/mod.ts";
import { isDeploy, isPreview, previewApp, untilSettled } from "./deploy.ts";
import { withinResources } from "./resources.ts";
import { FILES } from "./files.ts";
import { KINDS } from "./kinds.ts";
import { secretLookup } from "./secrets.ts";
import { listen, withPort } from "./server.ts";
import { mailer } from "./mail.ts";
import type { Prober } from "../../src/judgement/round.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { MINUTE_MS } from "../../src/base/time.ts";

const clock = coarseClock();

const OUTBOX_MS = 5_000;
/** What a stop allows to work in flight, and then to the last notices and answers. Deno Deploy kills 5 s after SIGINT. */
const stopLimits = () => isDeploy() ? { workMs: 2_000, flushMs: 1_000 } : { workMs: 10_000, flushMs: 5_000 };

/** One JSON line per event on standard error. */
export const jsonLog: Log = {
  info: (message, fields) => line("info", message, fields),
  warn: (message, fields) => line("warn", message, fields),
  error: (message, fields) => line("error", message, fields),
};

function line(level: string, message: string, fields: Record<string, unknown> = {}) {
  console.error(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
}

/** The ports of this process. `configText` names the secrets that must never be shown. */
export function denoPorts(
  configText: string,
  config: Pick<Config, "allowPrivate">,
  log: Log = jsonLog,
): Ports {
  const { allowPrivate } = config;
  return {
    clock,
    fetch: connector({ allowPrivate }),
    random: Math.random,
    log,
    secrets: secretsOf(configText, secretLookup()),
    sendMail: mailer({ allowPrivate }),
  };
}

/** The store that the config names. */
export function openStore({ store }: Config): Store {
  const kind = KINDS.stores.find(({ kind }) => kind === store.kind);
  if (!kind) throw new Error(`There is no store of kind ${store.kind}`);
  return kind.open(store.options, { clock, random: Math.random, env: (name) => Deno.env.get(name) });
}

/** What `start` needs. */
export interface StartOptions {
  config: Config;
  ports: Ports;
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
  /**
   * Finishes what is in flight (at most 10 s), gives up the lease and delivers what is due (at most 5 s each), and closes the
   * store. On Deno Deploy, which kills after 5 s, the lease comes first.
   */
  stop(): Promise<void>;
}

/** Starts a prober, or the whole of Assay. */
export async function start(given: StartOptions): Promise<Running> {
  const options = { ...given, config: boundRounds(given) };
  const { port, stop } =
    await (isPreview()
      ? startPreview(options)
      : options.prober
      ? startProber(options, options.prober)
      : startAssay(options));
  let stopping: Promise<void> | undefined;
  return { port, stop: () => stopping ??= stop() };
}

function boundRounds({ config, ports }: StartOptions): Config {
  const bounded = withinResources(config);
  if (bounded === config) return config;
  const { concurrency } = bounded;
  ports.log.warn("fewer rounds at once than the config names: memory or open files are short", {
    concurrency,
  });
  return bounded;
}

function meantText(id: string, { regions }: Config): string {
  const meant = closest(id, regions.flatMap(({ probers }) => probers.map((prober) => prober.id)));
  return meant ? ` (did you mean ${meant}?)` : "";
}

/** A prober of this process that others can ask, and its token. */
function proberWithToken(ports: Ports, config: Config, id: string): { prober: Prober; token: string } {
  const own = config.regions.flatMap(({ probers }) => probers).find((prober) => prober.id === id);
  if (!own) throw new Error(`The config has no prober ${id}${meantText(id, config)}`);
  if (own.kind !== "remote") throw new Error(`Prober ${id} has no url and token, so nobody could ask it`);
  return { prober: localProberOf(ports, config, KINDS, own), token: own.token };
}

async function startProber({ config, ports, port }: StartOptions, id: string): Promise<Running> {
  const prober = proberWithToken(ports, config, id);
  const server = await listen(api({ ports, config, prober }), withPort(config.listen, port));
  ports.log.info("prober started", { prober: id, port: server.port, checks: config.checks.length });
  return { port: server.port, stop: () => waitAtMost(stopLimits().workMs, server.shutdown()) };
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

async function startAssay({ config, ports, port, here }: StartOptions): Promise<Running> {
  const store = openStore(config);
  const prober = here === undefined ? undefined : proberWithToken(ports, config, here);
  const services = gateServices(ports, config, store);
  const { review: reviewAll } = KINDS.githubHook.approvals(ports, config, services);
  const review = singleFlight(reviewAll, failure(ports, "a review failed"));
  const deliver = deliverer(ports, store, config, { sinks: KINDS.sinks });
  const deliveries = new Set<Promise<unknown>>();
  // Not one call after the other: a receiver that hangs must not hold up what has come since.
  const send = () => {
    const running: Promise<unknown> = deliver().catch(failure(ports, "delivery failed"))
      .finally(() => deliveries.delete(running));
    deliveries.add(running);
    return running;
  };
  const outbox = () => Promise.all([send(), review()]);
  const { tick, takeStatistics, probeNow, release } = settler({
    ports,
    store,
    config,
    probers: probers(ports, config, prober?.prober),
    owner: crypto.randomUUID(),
    onCommit: (notices) => void (notices > 0 && outbox()),
  });
  const stopped = new AbortController();
  const { signal } = stopped;
  const ticks = new Set<Promise<unknown>>();
  const runTick = () => {
    // A cron may fire a moment early; a whole second early is still this minute.
    const minuteMs = Math.floor((clock.now() + 1_000) / MINUTE_MS) * MINUTE_MS;
    const settle = async () => {
      if (await tick(minuteMs, signal)) ports.log.info("minute settled", { ...takeStatistics() });
    };
    const running: Promise<unknown> = settle().catch(failure(ports, "a tick failed"))
      .finally(() => ticks.delete(running));
    ticks.add(running);
  };
  startCron(ports, () => {
    runTick();
    // The start's own tick may hold this minute.
    if (isDeploy()) return untilSettled(Promise.all(ticks));
  }, signal);
  // Before anything is asked or settled: the port may be taken.
  const server = await listen(
    api({
      ports,
      config,
      services,
      runCheck: probeNow,
      outboxFault: deliver.fault,
      github: KINDS.githubHook.routes,
      files: FILES,
      client: isDeploy() ? "fetch" : "connection",
      prober,
    }),
    withPort(config.listen, port),
  );
  const timer = setInterval(outbox, OUTBOX_MS);
  runTick();
  // A restart is an operator's act: a receiver that was gone gets another chance.
  void enableAll(store).then(outbox, outbox);
  if (config.controls.length === 0) {
    ports.log.warn("no controls: this prober's own loss of network will count against the targets");
  }
  ports.log.info("assay started", { port: server.port, checks: config.checks.length });
  return {
    port: server.port,
    async stop() {
      ports.log.info("assay is stopping");
      stopped.abort();
      clearInterval(timer);
      const { workMs, flushMs } = stopLimits();
      const logUnreleased = (error: unknown) =>
        ports.log.warn("the lease could not be given up", { error: ports.secrets.redact(messageOf(error)) });
      const giveUpLease = () => waitAtMost(flushMs, release().catch(logUnreleased));
      if (isDeploy()) await giveUpLease();
      await waitAtMost(workMs, Promise.all(ticks));
      if (!isDeploy()) await giveUpLease();
      await waitAtMost(flushMs, Promise.all([outbox(), ...deliveries, server.shutdown()]));
      await store.close();
    },
  };
}

function probers(ports: Ports, config: Config, here?: Prober): Prober[] {
  // Probers are the operator's own machines, and may well be private.
  const inside = { ...ports, fetch: connector({ allowPrivate: true }) };
  return config.regions.flatMap((region) => region.probers).map((prober) => {
    if (prober.id === here?.id) return here;
    if (prober.kind === "local") return localProberOf(ports, config, KINDS, prober);
    if (prober.kind === "remote") return remoteProber(inside, prober);
    throw new Error(`Prober ${prober.id} names a Cloudflare place; it cannot run on Deno`);
  });
}

const enableAll = async (store: OutboxStore) => {
  for (const webhook of Object.keys(await store.listDisabledWebhooks())) {
    await store.disableWebhook(webhook, null);
  }
};

const failure = ({ log, secrets }: Ports, message: string) => (error: unknown) =>
  log.error(message, { error: secrets.redact(messageOf(error)) });

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
  const disarm = clock.after(ms, late.resolve);
  await Promise.race([work, late.promise]).finally(disarm);
}
