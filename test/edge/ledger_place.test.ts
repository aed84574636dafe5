import { env } from "cloudflare:test";
import { expect, test } from "vitest";
import worker from "../../functions/worker.ts";

/** A namespace that notes which object is asked for. */
function namespace() {
  const asked: unknown[] = [];
  const of = (jurisdiction?: string) => ({
    jurisdiction: of,
    getByName(name: string, options: object) {
      asked.push({ name, jurisdiction, ...options });
      return { fetch: () => Promise.resolve(new Response("ledger")), tick: () => Promise.resolve() };
    },
  });
  return { asked, binding: of() };
}

test.each([
  [{}, { name: "ledger", jurisdiction: undefined, locationHint: undefined }],
  [{ ASSAY_LEDGER_HINT: "weur" }, { name: "ledger", jurisdiction: undefined, locationHint: "weur" }],
  [{ ASSAY_LEDGER_JURISDICTION: "eu" }, { name: "ledger", jurisdiction: "eu", locationHint: undefined }],
])("with %j the ledger is made there, for a request as for cron", async (vars, expected) => {
  const { asked, binding } = namespace();
  const bindings = { ...env, LEDGER: binding, ...vars };
  const answer = await worker.fetch(new Request("https://assay.example/v1/status"), bindings);
  expect(await answer.text()).toBe("ledger");
  await worker.scheduled({ scheduledTime: 0 }, bindings);
  expect(asked).toEqual([expected, expected]);
});
