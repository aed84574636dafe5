/** A process whose store is gone is told to stop. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MISSING, redis, titleOf } from "../storage/upstash/redis_fixture.ts";
import { spawn } from "./child.ts";

test.skipIf(MISSING)(
  titleOf("SIGTERM while the store does not answer: it stops all the same, in order"),
  async () => {
    const here = await redis();
    const folder = mkdtempSync(join(tmpdir(), "assay-"));
    const file = join(folder, "assay.yaml");
    writeFileSync(
      file,
      `version: 1
store: { upstash: {} }
regions: [local]
targets:
  - { id: shop, url: "http://127.0.0.1:2", checks: [{ journey: [{ request: { path: / }, expect: status == 200 }] }] }
`,
    );
    const child = spawn("../../scripts/cli/assay.ts", ["start", file, "--port", "0", "--allow-private"], {
      UPSTASH_REDIS_REST_URL: here.url,
      UPSTASH_REDIS_REST_TOKEN: here.token,
    });
    try {
      // It holds a lease, and what was settled under it stands.
      while (!await here.raw.hExists("{assay}:now", "fence")) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      here.fault = () => new Response("<html>502</html>", { status: 502 });
      child.kill("SIGTERM");
      expect(await child.ended).toMatchObject({ code: 0 });
      const lines = child.err.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      const kept = { level: "warn", message: "the lease could not be released" };
      expect(lines).toContainEqual(expect.objectContaining(kept));
      expect(child.err.join("\n")).not.toContain(here.token);
    } finally {
      child.kill("SIGKILL");
      await child.ended;
      await here.close();
      rmSync(folder, { recursive: true });
    }
  },
  90_000,
);
