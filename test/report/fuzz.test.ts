import fc from "fast-check";
import { expect, test } from "vitest";
import { DIALECTS, read } from "../../src/report/mod.ts";

const NAMES = ["auto", ...DIALECTS.map((dialect) => dialect.name)];
const WORDS = ["UP", "DOWN", "OUT_OF_SERVICE", "FATAL", "pass", "warn", "fail", "ok", "ready", ""];
/** Words of any listed dialect that mean ready or degraded, in normal form. */
const GOOD = new Set(
  ("up ok pass passing passed healthy ready serving running live alive operational accepting_traffic available " +
    "working good green true degraded warn warning minor degraded_performance partially_available yellow reloading")
    .split(" "),
);

const anything = fc.jsonValue({ maxDepth: 2 });
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string());
const parts = fc.dictionary(
  fc.string(),
  fc.record({ status: word, components: anything, details: anything }),
);
const shaped = fc.record({
  status: fc.oneof(word, anything),
  components: fc.oneof(parts, anything),
  details: fc.oneof(parts, anything),
  checks: fc.oneof(fc.dictionary(fc.string(), fc.array(anything)), anything),
  ...Object.fromEntries(
    ["info", "error", "entries", "results", "failures", "checkResults"].map((
      key,
    ) => [key, fc.oneof(parts, anything)]),
  ),
}, { requiredKeys: [] });
const lines = fc.array(
  fc.tuple(
    fc.constantFrom("[+]", "[-]", ""),
    word,
    fc.constantFrom(" ok", " excluded: ok", " failed: x", " check passed"),
  )
    .map((line) => line.join("")),
).map((all) => all.join("\n"));
const body = fc.oneof(
  fc.json(),
  shaped.map((json) => JSON.stringify(json)),
  lines,
  fc.string({ unit: "binary" }),
);
const headers = fc.dictionary(
  fc.constantFrom("content-type", "retry-after", "age"),
  fc.oneof(fc.stringMatching(/^[ -~]*$/), fc.constantFrom("application/health+json", "text/html", "61")),
).map((fields) => new Headers(fields));
const url = fc.webPath().map((path) => new URL(`http://svc.example${path}`));
const options = fc.record({
  dialect: fc.constantFrom(...NAMES),
  at: fc.constant(1_700_000_000_000),
  staleAfterMs: fc.constantFrom(undefined, 60_000),
});

test("no answer throws, and none but a 2xx is ready or degraded (3xx in k8s-http)", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      headers,
      body,
      url,
      options,
      (status, headers, text, url, options) => {
        const { state, dialect } = read({ url, status, headers, text }, options, DIALECTS);
        const best = dialect === "k8s-http" ? 399 : 299;
        if (status < 200 || status > best) expect(state).not.toMatch(/^(ready|degraded)$/);
      },
    ),
    { numRuns: 5_000 },
  );
}, 60_000);

test("no body with an unknown status word is ready or degraded (but in k8s-http, which reads none)", () => {
  const unknown = word.filter((word) => !GOOD.has(word.trim().toLowerCase().replace(/[- ]/g, "_")));
  const rest = shaped.map(({ status: _, ...rest }) => rest);
  const sighted = options.filter(({ dialect }) => dialect !== "k8s-http");
  fc.assert(
    fc.property(unknown, rest, headers, url, sighted, (status, rest, headers, url, options) => {
      const text = JSON.stringify({ ...rest, status });
      expect(read({ url, status: 200, headers, text }, options, DIALECTS).state).not.toMatch(
        /^(ready|degraded)$/,
      );
    }),
    { numRuns: 5_000 },
  );
}, 60_000);

test("a part that is DOWN is never under a ready Spring", () => {
  const components = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.constant({ status: "UP" }));
  fc.assert(
    fc.property(components, fc.stringMatching(/^[a-z]{1,8}$/), fc.nat(10), (components, name, depth) => {
      let part: object = { status: "DOWN" };
      for (let i = 0; i < depth; i++) part = { status: "UP", components: { inner: part } };
      const text = JSON.stringify({ status: "UP", components: { ...components, [name]: part } });
      const answer = { url: new URL("http://svc.example/health"), status: 200, headers: new Headers(), text };
      const report = read(answer, { dialect: "auto" }, DIALECTS);
      expect(report.state).toBe("not_ready");
      expect(report.contradictions).toHaveLength(1);
    }),
  );
});
