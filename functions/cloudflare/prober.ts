/** One place: a Durable Object that walks rounds where it was created, over the same contract as any remote prober. */
import { DurableObject, type ObjectStorage } from "cloudflare:workers";
import { type Env, PROBER_HEADER } from "./env.ts";
import { openProber } from "./open.ts";
import { lazy } from "../../src/base/lazy.ts";

/** A prober object, named `prober:<hint>:<generation>`; another generation is another object, perhaps elsewhere. */
export class ProberObject extends DurableObject<Env> {
  readonly #apps = new Map<
    string,
    () => Promise<{ fetch(request: Request): Response | Promise<Response> }>
  >();

  override async fetch(request: Request): Promise<Response> {
    const id = request.headers.get(PROBER_HEADER) ?? "";
    const app = this.#apps.get(id) ?? proberApp(this.env, id, this.ctx.storage);
    this.#apps.set(id, app);
    return await (await app()).fetch(request);
  }
}

/** The app of one prober, made at its first request. */
export const proberApp = (env: Env, id: string, storage?: ObjectStorage) =>
  lazy(() => openProber(env, id, storage));
