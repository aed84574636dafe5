import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // One project for each runtime; workerd and the browser join here.
    projects: [{ extends: true, test: { name: "deno", include: ["test/**/*.test.ts"] } }],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
