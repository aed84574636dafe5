import { defineConfig } from "vitest/config";

/** The inner loop: pure code and fakes. No runtime, server or process, and no search by chance, which take most of the time. */
export default defineConfig({
  test: {
    testTimeout: 180_000,
    maxWorkers: 2,
    isolate: false,
    include: ["test/{base,capacity,config,engine,evidence,judgement,storage}/**/*.test.ts"],
    exclude: [
      "**/{fuzz,property,model,mutants,roundtrip,truncate}.test.ts",
      "**/{journey_hostile,servers,bad_input,guard}.test.ts",
      "test/storage/{sqlite,upstash}/**",
    ],
  },
});
