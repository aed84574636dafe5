/** One place: a Durable Object that walks rounds where it was created, over the same contract as any remote prober. */
import { DurableObject } from "cloudflare:workers";
import { type Env, PROBER_HEADER } from "./env.ts";
import { openHost, openProber } from "./open.ts";
import { lazy } from "../../src/base/lazy.ts";

/** A prober object, named `prober:<hint>:<generation>`; another generation is another object, perhaps elsewhere. */
export class ProberObject extends DurableObject<Env> {
  readonly #host = lazy(() => openHost(this.env));
  readonly #apps = new Map<string, ReturnType<typeof openProber>>();

  override async fetch(request: Request): Promise<Response> {
    const id = request.headers.get(PROBER_HEADER) ?? "";
    const host = await this.#host();
    const app = this.#apps.get(id) ?? openProber(this.env, host, id, this.ctx.storage);
    this.#apps.set(id, app);
    return await app.fetch(request);
  }
}

/** The app of the prober that this Worker is, made at its first request. */
export const proberApp = (env: Env, id: string) => lazy(async () => openProber(env, await openHost(env), id));
