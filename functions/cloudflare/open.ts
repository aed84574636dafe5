/**
 * Assay as the Durable Objects run it. Everything is imported statically: evaluating modules counts towards
 * an isolate's start, which has its own second of CPU, not towards the request that wakes an object, which
 * has 10 ms on the free plan.
 */
import bundled from "#config";
import { KINDS } from "#kinds";
import { CORE_ROUTES } from "../../src/web/api/core_routes.ts";
import { routes as backupRoutes } from "../../src/web/api/routes/backup.ts";
import { dumpLines } from "../../src/storage/sqlite/dump.ts";
import { objectDriver } from "./sqlite.ts";
import { appOf } from "../../src/web/app_of.ts";
import { shareOf } from "../../src/config/compiled.ts";
import type { Check, Config } from "../../src/config/config.ts";
import { overheadOf } from "../../src/config/requests.ts";
import { gateServices } from "../../src/engine/gates/services.ts";
import { checkWebhooks, deliverer } from "../../src/engine/notify/mod.ts";
import { locator } from "../../src/engine/prober/location.ts";
import { answerOf } from "../../src/base/http/answer.ts";
import type { Fetch, Ports } from "../../src/base/ports.ts";
import { proberLimits } from "../../src/engine/prober/limits.ts";
import { roundsAnswerer, type RoundsRequest, roundsRequestOf } from "../../src/engine/prober/rounds.ts";
import { splitProber } from "../../src/engine/prober/split.ts";
import { dealObjects } from "../../src/config/objects.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import type { Store } from "../../src/storage/store.ts";
import type { ObjectStorage } from "cloudflare:workers";
import { clock } from "../clock.ts";
import { localProberOf } from "../local_prober.ts";
import { boot } from "./boot.ts";
import { type Env, planOf, stringBinding } from "./env.ts";
import type { Prober, ProberReply } from "../../src/judgement/round.ts";
import { INVOCATION, sparesHanging } from "../../src/base/limits.ts";

/**
 * Notices sent in parallel: an invocation has six connections, and a notice that queues would wait within its
 * own deadline.
 */
const DELIVERIES = 5;

/** Everything the ledger object does, over its storage. */
export async function openLedger(env: Env, storage: ObjectStorage) {
  const { config, ports, warnings } = await boot(env);
  for (const { path, message } of warnings) ports.log.warn("config warning", { path, message });
  for (const fault of await checkWebhooks(ports.secrets, config, KINDS.sinks)) {
    ports.log.error("a webhook cannot be sent", { fault });
  }
  const store = openStore(env, config, storage);
  const beat = KINDS.heartbeat?.(ports, config);
  const isByHand = env.ASSAY_PLACES === "assumed";
  const { probeNow, ...settling } = settler({
    ports,
    store,
    config,
    walksLate: isByHand,
    sparesHanging: sparesHanging(planOf(env)),
    probers: probers(ports, config, env),
    owner: crypto.randomUUID(),
    onCommit: (_, at) => void beat?.(at),
    sightDelivery: () => deliver.sighting(),
  });
  // The other half of the subrequests is for the probers; remaining notices wait for the alarm.
  const maxNotices = Math.floor(INVOCATION[planOf(env)].subrequests / 2);
  const services = gateServices(ports, config, store, KINDS.slo);
  const approvals = KINDS.githubHook?.approvals(ports, config, services);
  const { acknowledgeLinks } = KINDS;
  const { linkAdder } = acknowledgeLinks ?? {};
  const deliver = deliverer(ports, store, config, { ...KINDS, linkAdder, parallel: DELIVERIES });
  const outbox = () => Promise.all([deliver({ most: maxNotices }), approvals?.review()]);
  const { pushedReports } = KINDS;
  const routes = pushedReports ? { ...CORE_ROUTES, pushedReports } : CORE_ROUTES;
  const app = appOf({
    ports,
    config,
    services,
    runCheck: probeNow,
    outboxFault: deliver.fault,
    // A store shared with other deployments is backed up at its own place.
    backup: KINDS.stores[0]?.variables
      ? undefined
      : (context) => backupRoutes(context, () => dumpLines(objectDriver(storage))),
    github: KINDS.githubHook?.routes,
    acknowledge: acknowledgeLinks?.routes,
    translations: KINDS.translations,
    slo: KINDS.slo,
    client: "fetch",
  }, routes);
  return { ...settling, store, outbox, app, watchesCron: !isByHand };
}

/** The one store in the bundle: the object's own, unless the config names one shared between deployments. */
function openStore(env: Env, { store }: Config, storage: ObjectStorage): Store {
  const [kind] = KINDS.stores;
  if (!kind) throw new Error("This deployment was made without a store: deploy again");
  return kind.open(store.options, {
    clock,
    random: Math.random,
    env: (name) => stringBinding(env, name),
    storage,
  });
}

/** The platform's limits for an object that walks this config's checks. */
const limitsOf = (env: Env, config: Config) =>
  proberLimits({ ...config, budget: INVOCATION[planOf(env)].subrequests - overheadOf(config) });

/** Answers the ledger's requests as any prober of a place, in an object with this storage. */
export async function openPlace(
  env: Env,
  storage: ObjectStorage,
): Promise<(request: RoundsRequest) => Promise<ProberReply>> {
  const { config, ports } = await boot(env, shareOf(bundled, new Set()));
  const limits = limitsOf(env, config);
  const checksOf = checkReader(env);
  const probers = new Map<string, Prober>();
  const openProber = (id: string): Prober => {
    const own = proberOf(config, id);
    if (own?.kind !== "place") throw new Error(`The config has no prober ${id} with a place`);
    const { region, place } = own;
    // On a developer's machine all places are the same.
    const locate = env.ASSAY_PLACES === "assumed" ? undefined : locator(ports, place, storage);
    return localProberOf(ports, config, KINDS, { id, region, limits, locate });
  };
  return async (request) => {
    const prober = probers.get(request.prober) ?? openProber(request.prober);
    probers.set(request.prober, prober);
    return await roundsAnswerer(prober, await checksOf(request))(request);
  };
}

/**
 * Reads each requested target once: an object holds only a share of a place's checks and wakes up every
 * minute.
 */
function checkReader(env: Env): (request: RoundsRequest) => Promise<Check[]> {
  const known = new Map<string, Check[]>();
  return async ({ checks }) => {
    const wanted = new Set(checks.map(({ check }) => check.split("/")[0]!));
    const unknown = new Set([...wanted].filter((id) => !known.has(id)));
    if (unknown.size > 0) {
      const { config } = await boot(env, shareOf(bundled, unknown));
      for (const { id, checks } of config.targets) known.set(id, checks);
    }
    return [...wanted].flatMap((id) => known.get(id) ?? []);
  };
}

/** The app of prober `id` with a `url`. Anybody can reach it, so it requires that prober's own token. */
export async function openPinned(env: Env, id: string) {
  const { config, ports } = await boot(env);
  const own = proberOf(config, id);
  if (own?.kind !== "remote") throw new Error(`The config has no prober ${id} with a url and token`);
  const { region, token } = own;
  const prober = localProberOf(ports, config, KINDS, { id, region, limits: limitsOf(env, config) });
  return appOf({ ports, config, prober: { prober, token }, rounds: KINDS.roundsRoutes }, {});
}

const proberOf = ({ regions }: Config, id: string) =>
  regions.flatMap(({ probers }) => probers).find((prober) => prober.id === id);

/** A Worker behind a service binding. */
interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

/** What the ledger needs of the namespace of prober objects. */
interface ObjectNamespace {
  getByName(name: string, options: { locationHint: string }): {
    walk(request: RoundsRequest): Promise<ProberReply>;
  };
}

/**
 * Probers with a place are Durable Objects. The others are reached through the service binding `PROBER_<ID>`
 * if there is one, else over HTTP.
 */
function probers(ports: Ports, config: Config, env: Env): Prober[] {
  const dealt = dealObjects(config.checks, config.objects);
  return config.regions.flatMap((region) => region.probers).map((prober) => {
    if (prober.kind === "local") {
      throw new Error(`Prober ${prober.id} is local, which Cloudflare does not support`);
    }
    if (prober.kind === "remote") {
      if (!KINDS.remoteProber) {
        throw new Error("This deployment was made without a prober by url: deploy again");
      }
      const bound = env[`PROBER_${prober.id.toUpperCase().replaceAll("-", "_")}`] as Fetcher | undefined;
      return KINDS.remoteProber(bound ? { ...ports, fetch: fetchThrough(bound) } : ports, prober);
    }
    const { id, place, generation } = prober;
    const parts = Array.from({ length: config.objects }, (_, k): Pick<Prober, "ask"> => ({
      // The hint counts only at the first call for a name, and objects never move, so the name contains hint
      // and generation. The stub is made for each call, because a broken object needs a new one.
      ask: (request) =>
        (env.PROBER as ObjectNamespace)
          .getByName(`prober:${place}:${generation}:${k}`, { locationHint: place })
          .walk(roundsRequestOf(id, request)),
    }));
    return splitProber({ id, parts, partOf: (check) => dealt.get(check) ?? 0, secrets: ports.secrets });
  });
}

function fetchThrough(bound: Fetcher): Fetch {
  return async (url, outgoing) =>
    answerOf(await bound.fetch(new Request(url, { ...outgoing, redirect: "manual" })), outgoing.signal);
}
