/**
 * undici, whose parser asserts some thirty times a request. Deno's `node:assert` collects the arguments of each call anew, 13 kB a request;
 * undici gets one that does not. A runtime without hooks has its own.
 */
import * as module from "node:module";

const hooks = module.registerHooks?.({
  resolve: (specifier, context, next) =>
    specifier === "node:assert" && context.parentURL?.includes("/undici/")
      ? { url: new URL("./light_assert.cjs", import.meta.url).href, format: "commonjs", shortCircuit: true }
      : next(specifier, context),
});
export const { Client } = await import("undici");
hooks?.deregister();
