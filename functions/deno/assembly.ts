/**
 * Everything a process derives from one config: probers, notices, gates, the API. A reload replaces it as a
 * whole.
 */
import { thresholdHint } from "../../src/storage/history/threshold_hint.ts";
import { api } from "../../src/web/app.ts";
import type { ApiOptions } from "../../src/web/app_of.ts";
import type { Config } from "../../src/config/config.ts";
import { gateServices } from "../../src/engine/gates/services.ts";
import { type Deliverer, deliverer } from "../../src/engine/notify/mod.ts";
import type { Beat } from "../../src/engine/notify/heartbeat.ts";
import { closest } from "../../src/base/closest.ts";
import type { Ports } from "../../src/base/ports.ts";
import { type ProberLimits, proberLimits } from "../../src/engine/prober/limits.ts";
import { remoteProber } from "../../src/engine/prober/remote.ts";
import type { Prober } from "../../src/judgement/round.ts";
import type { Store } from "../../src/storage/store.ts";
import { localProberOf } from "../local_prober.ts";
import { connector } from "./client/mod.ts";
import { isDeploy } from "./deploy.ts";
import { FILES } from "./files.ts";
import { KINDS } from "./kinds.ts";
import { withinResources } from "./resources.ts";
import type { Served } from "./server.ts";

/** A config, and the ports with its secrets. */
export interface Loaded {
  config: Config;
  ports: Ports;
}

/** A loaded config, and the id of this process's prober if it answers other deployments. */
export interface Own extends Loaded {
  prober?: string;
}

/** The assembly of a process that only probes. */
export interface ProberAssembly extends Own {
  app: Served;
  /** By prober id. */
  limits: ReadonlyMap<string, ProberLimits>;
}

/** The assembly of a whole Assay. */
export interface Assembly extends ProberAssembly {
  probers: Prober[];
  deliver: Deliverer;
  /** Reports a settled slot, if the config has a `heartbeat`. */
  beat?: Beat;
  /** Answers GitHub's pending approvals. */
  review(): Promise<unknown>;
}

/** What a whole Assay keeps when the config changes. */
export type Standing = Pick<ApiOptions, "runCheck" | "configFault" | "reload"> & { store: Store };

/** Reduces `concurrency` to what this process can bear. */
export function boundRounds<Given extends Loaded>(given: Given): Given {
  const config = withinResources(given.config);
  if (config === given.config) return given;
  given.ports.log.warn("concurrency is reduced: memory or open files do not allow what the config sets", {
    concurrency: config.concurrency,
  });
  return { ...given, config };
}

export function assembleProber(
  own: Own & { prober: string },
  { configFault }: Pick<ApiOptions, "configFault"> = {},
  before?: ProberAssembly,
): ProberAssembly {
  const { config, ports } = own;
  const limits = limitsOf(config, before);
  const prober = proberWithToken(own, own.prober, { limits, before });
  return { ...own, limits, app: api({ ports, config, prober, configFault }) };
}

/** Everything except the settler. */
export function assemble(own: Own, { store, ...standing }: Standing, before?: Assembly): Assembly {
  const { config, ports } = own;
  const limits = limitsOf(config, before);
  const prober = own.prober === undefined ? undefined : proberWithToken(own, own.prober, { limits, before });
  const services = gateServices(ports, config, store, KINDS.slo);
  const deliver = deliverer(ports, store, config, {
    ...KINDS,
    linkAdder: KINDS.acknowledgeLinks.linkAdder,
  });
  const { review } = KINDS.githubHook.approvals(ports, config, services);
  const app = api({
    ...standing,
    ports,
    config,
    services,
    outboxFault: deliver.fault,
    github: KINDS.githubHook.routes,
    files: FILES,
    thresholdHint,
    client: isDeploy() ? "fetch" : "connection",
    prober,
  });
  const probers = probersOf(own, limits, prober?.prober);
  return { ...own, limits, probers, deliver, beat: KINDS.heartbeat(ports, config), review, app };
}

/** A prober of this process that other deployments can ask, and its token. */
function proberWithToken(
  { config, ports }: Loaded,
  id: string,
  { limits, before }: { limits: ProberAssembly["limits"]; before?: Loaded },
): NonNullable<ApiOptions["prober"]> {
  const own = config.regions.flatMap(({ probers }) => probers).find((prober) => prober.id === id);
  if (!own) throw new Error(`The config has no prober ${id}${meantText(id, config)}`);
  if (own.kind !== "remote") throw new Error(`Prober ${id} has no url and token, so it cannot be asked`);
  const prober = localProberOf(ports, config, KINDS, { ...own, limits: limits.get(id) });
  return { prober, token: own.token, earlier: before?.config.checks };
}

function meantText(id: string, { regions }: Config): string {
  const meant = closest(id, regions.flatMap(({ probers }) => probers.map((prober) => prober.id)));
  return meant ? ` (did you mean ${meant}?)` : "";
}

/** Keeps the previous limits if the bounds are the same, so that walks under way stay counted. */
function limitsOf(config: Config, before?: ProberAssembly): ProberAssembly["limits"] {
  const isSame = before?.config.concurrency === config.concurrency &&
    before.config.connectionsPerHost === config.connectionsPerHost;
  const ids = config.regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  return new Map(ids.map((id) => [id, (isSame && before.limits.get(id)) || proberLimits(config)]));
}

// Probers are the operator's own machines and may be private.
const inside = connector({ allowPrivate: true });

function probersOf({ config, ports }: Loaded, limits: ProberAssembly["limits"], here?: Prober): Prober[] {
  return config.regions.flatMap((region) => region.probers).map((prober) => {
    if (prober.id === here?.id) return here;
    if (prober.kind === "local") {
      return localProberOf(ports, config, KINDS, { ...prober, limits: limits.get(prober.id) });
    }
    if (prober.kind === "remote") return remoteProber({ ...ports, fetch: inside }, prober);
    throw new Error(`Prober ${prober.id} names a Cloudflare place; it cannot run on Deno`);
  });
}
