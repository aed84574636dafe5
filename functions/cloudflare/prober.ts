/**
 * One place: a Durable Object that walks rounds where it was created. The ledger of its deployment calls it
 * by RPC.
 */
import { DurableObject } from "cloudflare:workers";
import type { ProberReply } from "../../src/judgement/round.ts";
import type { RoundsRequest } from "../../src/engine/prober/rounds.ts";
import type { Env } from "./env.ts";
import { openPinned, openPlace } from "./open.ts";
import { lazy } from "../../src/base/lazy.ts";

/**
 * A prober object, named `prober:<hint>:<generation>:<k>`. Another generation is another object, perhaps
 * elsewhere. A place has as many objects (`k` from 0) as its config needs. Only code of its own deployment
 * can call it.
 */
export class ProberObject extends DurableObject<Env> {
  readonly #answer = lazy(() => openPlace(this.env, this.ctx.storage));

  /** Walks checks for one of the probers of its place; they share the object and its limits. */
  async walk(request: RoundsRequest): Promise<ProberReply> {
    return await (await this.#answer())(request);
  }
}

/** The app of a pinned prober, made at the first request. */
export const proberApp = (env: Env, id: string) => lazy(() => openPinned(env, id));
