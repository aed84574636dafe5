import { defineConfig } from "vitest/config";
import deno from "./deno.json" with { type: "json" };

/** The names that deno.json gives: to the library's copy on npm, and to our JSX, which tests compile for development. */
export const ALIAS: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(deno.imports).filter(([name]) => name.startsWith("@std/"))
      .map(([name, from]) => [name, from.replace(/^npm:\/(deno-std)@[^/]+/, "$1")]),
  ),
  "#jsx/jsx-dev-runtime": new URL("./src/web/page/jsx.ts", import.meta.url).pathname,
};

/** The inner loop: pure code and fakes. No runtime, server or process, and none of the long searches and sums. */
export default defineConfig({
  resolve: { alias: ALIAS },
  test: {
    testTimeout: 180_000,
    maxWorkers: 2,
    isolate: false,
    include: ["test/{base,capacity,config,engine,evidence,judgement,storage}/**/*.test.ts"],
    exclude: [
      "**/{fuzz,property,model,mutants,roundtrip,truncate}.test.ts",
      "**/{budget,platforms,remote_bounds,rollup,schedule}.test.ts",
      "**/{journey_hostile,servers,bad_input,guard}.test.ts",
      "test/storage/{sqlite,upstash}/**",
    ],
  },
});
