import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { load } from "../../../src/config/mod.ts";
import type { Verdict } from "../../../src/judgement/verdict.ts";
import { productIds, readProduct, shell } from "../../../scripts/gallery/product.ts";

/** What a state may be expected to be called. */
const CALLED: readonly Verdict[] = ["drift", "not_ready", "down", "underclaim"];

test("there are at least fifteen products", () => {
  expect(productIds().length).toBeGreaterThanOrEqual(15);
});

describe.each(productIds())("%s", (id) => {
  test("its configuration is valid, and its script starts, breaks and mends each state of a check that there is", async () => {
    const { config: file, needs, install, states } = await readProduct(id);
    expect([needs, install]).toEqual([
      expect.stringMatching(/\S/),
      expect.stringMatching(/^(apt-get|npm) install /),
    ]);
    const env: Record<string, string> = {
      ASSAY_TOKEN: "an-operators-token",
      ONCALL_URL: "https://hooks.example",
      ONCALL_SECRET: `whsec_${btoa("x".repeat(32))}`,
      RABBITMQ_PASSWORD: "canary-password",
      RABBITMQ_MONITOR: "Basic canary-password",
    };
    const { config } = await load({ kind: "yaml", text: readFileSync(file, "utf8"), file }, {
      kinds: KINDS,
      env: (name: string) => env[name],
    });
    expect(config.checks[0]!.target.id).toBe(id);
    for (const { name, check, verdict } of states) {
      expect(CALLED).toContain(verdict);
      expect(config.checks.map(({ id }) => id)).toContain(check ?? config.checks[0]!.id);
      await shell(id, `declare -F start claim version break_${name} mend_${name}`);
    }
  });
});

test("a state that is not understood is an error with its line", async () => {
  await expect(readProduct("no-such-product")).rejects.toThrow("no-such-product.sh");
});
