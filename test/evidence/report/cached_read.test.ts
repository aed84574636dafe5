import fc from "fast-check";
import { expect, test } from "vitest";
import { cachedRead } from "../../../src/evidence/report/cached_read.ts";
import { DIALECTS, read } from "../../../src/evidence/report/mod.ts";
import { fixtures } from "./fixtures.ts";

const ANSWERS = fixtures().map(({ answer }) => answer);

test("a repeated answer reads as it would alone, whatever came before", () => {
  const answers = fc.constantFrom(...ANSWERS);
  const headers = fc.dictionary(
    fc.constantFrom("age", "retry-after", "x-envoy-degraded", "x-consul-reason", "content-type", "date"),
    fc.constantFrom("1", "600", "text/html", "application/health+json"),
    { maxKeys: 2 },
  );
  const change = fc.record({
    headers,
    options: fc.constantFrom({}, { question: "liveness" }, { select: "x" }),
  });
  const run = fc.record({ answer: answers, changes: fc.array(change, { minLength: 1, maxLength: 4 }) });
  fc.assert(fc.property(fc.array(run, { minLength: 1, maxLength: 6 }), (runs) => {
    const url = new URL("https://svc.example/readyz");
    let at = 1_800_000_000_000;
    for (const { answer, changes } of runs) {
      for (const { headers: more, options } of changes) {
        at += 60_000;
        const headers = new Headers([...answer.headers]);
        for (const [name, value] of Object.entries(more)) headers.set(name, value);
        const received = { ...answer, url, headers };
        const how = { dialect: "auto", at, staleAfterMs: 180_000, ...options };
        expect(cachedRead(received, how, DIALECTS)).toEqual(read(received, how, DIALECTS));
      }
    }
  }));
});

test("every answer of the gallery reads as alone when it comes twice", () => {
  for (const answer of ANSWERS) {
    const alone = read(answer, { dialect: "auto", at: 1 }, DIALECTS);
    for (let time = 0; time < 2; time++) {
      expect(cachedRead(answer, { dialect: "auto", at: 1 }, DIALECTS)).toEqual(alone);
    }
  }
});

test("a repeated answer is not interpreted again, a changed one is", () => {
  let asked = 0;
  const counting = DIALECTS.map((dialect) => ({
    ...dialect,
    recognise: (answer: Parameters<typeof dialect.recognise>[0]) => (asked++, dialect.recognise(answer)),
  }));
  const url = new URL("https://svc.example/readyz");
  const asks = ["ok", "ok", "no", "no", "x".repeat(5_000), "x".repeat(5_000)].map((text) => {
    asked = 0;
    cachedRead({ url, status: 200, headers: new Headers(), text }, { dialect: "auto" }, counting);
    return asked > 0;
  });
  expect(asks).toEqual([true, false, true, false, true, true]);
});
