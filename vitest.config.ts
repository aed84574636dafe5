import { defineConfig } from "vitest/config";
import { SCENARIO_ENV } from "./test/edge/ports.ts";
import { ALIAS } from "./vitest.unit.config.ts";

/** Imported by a name that the type checker does not follow: its types would replace the globals of every other file. */
const plugin: string = "@cloudflare/vitest-plugin";
const { cloudflareTest } = await import(plugin);

const fileOf = (path: string) => new URL(path, import.meta.url).pathname;

export default defineConfig({
  resolve: { alias: ALIAS },
  test: {
    // For what hangs: no test is to be fast.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "deno",
          // To start a process and import Assay anew for each file took half of the time.
          isolate: false,
          include: ["test/**/*.test.ts"],
          exclude: ["test/{edge,browser,functions,process}/**", "**/node_modules/**"],
        },
      },
      // Apart: they start processes, and measure the memory and the event loop of their own.
      { extends: true, test: { name: "process", include: ["test/{functions,process}/**/*.test.ts"] } },
      { extends: true, test: { name: "browser", include: ["test/browser/**/*.test.ts"] } },
      {
        extends: true,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: SCENARIO_ENV },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/edge/**/*.test.ts"],
          globalSetup: ["./test/edge/global_setup.ts"],
        },
        resolve: {
          alias: {
            ...ALIAS,
            "#config": fileOf("./test/edge/compiled.ts"),
            "#kinds": fileOf("./test/edge/kinds.ts"),
          },
        },
      },
    ],
  },
});
