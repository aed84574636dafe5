/** One place: a Durable Object that walks rounds where it was created, over the same contract as any remote prober. */
import { DurableObject } from "cloudflare:workers";
import { api } from "../src/api/app.ts";
import { overheadOf } from "../src/cost.ts";
import { whereabouts } from "../src/place.ts";
import { INVOCATION } from "../src/prices.ts";
import { DIALECTS } from "../src/report/mod.ts";
import { localProber } from "../src/round.ts";
import { boot, type Env, once, planOf } from "./edge.ts";

/** Nobody outside this Worker reaches the object, so this is a name and no secret. */
export const INSIDE = "inside";
/** Several probers of one place share an object; this says which one is asked. */
export const PROBER_HEADER = "x-assay-prober";

/** A prober object, named `prober:<hint>:<generation>`; another generation is another object, perhaps elsewhere. */
export class Prober extends DurableObject<Env> {
  readonly #apps = new Map<
    string,
    () => Promise<{ fetch(request: Request): Response | Promise<Response> }>
  >();

  override async fetch(request: Request): Promise<Response> {
    const id = request.headers.get(PROBER_HEADER) ?? "";
    const app = this.#apps.get(id) ?? once(() => open(this.env, id));
    this.#apps.set(id, app);
    return await (await app()).fetch(request);
  }
}

/** The app of one prober of the config that this deployment holds. */
export async function open(env: Env, id: string) {
  const { config, ports } = await boot(env);
  const own = config.regions.flatMap(({ probers }) => probers).find((prober) => prober.id === id);
  if (!own || own.kind === "local") throw new Error(`The config has no prober ${id} for Cloudflare`);
  const { concurrency, controls } = config;
  // On a developer's machine every place is the same one.
  const measured = own.kind === "place" && env.ASSAY_PLACES !== "assumed";
  const where = measured ? whereabouts(ports, own.place) : undefined;
  const prober = localProber(ports, {
    id,
    region: own.region,
    dialects: DIALECTS,
    concurrency,
    controls,
    budget: INVOCATION[planOf(env)].subrequests - overheadOf(config),
    where,
  });
  return api({ ports, config, prober: { prober, token: own.kind === "place" ? INSIDE : own.token } });
}
