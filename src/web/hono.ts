import { HonoBase } from "hono/hono-base";
import { RegExpRouter } from "hono/router/reg-exp-router";
import type { BlankEnv, BlankSchema } from "hono/types";

/**
 * Hono with RegExpRouter alone, which supports all our routes. The default SmartRouter also bundles
 * TrieRouter as a fallback (0.9 KB gzipped).
 */
export class Hono extends HonoBase<BlankEnv, BlankSchema, "/"> {
  constructor() {
    super({ router: new RegExpRouter() });
  }
}
