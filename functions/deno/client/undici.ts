/**
 * undici with a light `assert`. Its parser asserts about thirty times a request, and Deno's `node:assert`
 * copies the arguments of each call: 13 kB a request. A runtime without hooks uses its own.
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
