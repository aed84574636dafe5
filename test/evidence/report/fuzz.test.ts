import fc from "fast-check";
import { expect, test } from "vitest";
import { DIALECTS, read, type ReadOptions, type ReportAnswer } from "../../../src/evidence/report/mod.ts";
import { fixtures } from "./fixtures.ts";
import { rows } from "./seed.ts";

const NAMES = ["auto", ...DIALECTS.map((dialect) => dialect.name)];
const WORDS = ["UP", "DOWN", "OUT_OF_SERVICE", "FATAL", "pass", "warn", "fail", "ok", "ready", ""];
/** Words of any listed dialect that mean ready or degraded, in normal form. */
const GOOD = new Set(
  ("up ok pass passing passed healthy ready serving running live alive operational accepting_traffic available " +
    "working good green true degraded warn warning minor degraded_performance partially_available yellow reloading")
    .split(" "),
);

let inputs = 0;
/** Reads one answer more. */
function heard(answer: Omit<ReportAnswer, "json">, options: ReadOptions) {
  inputs++;
  return read(answer, options, DIALECTS);
}

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
        const { state, dialect } = heard({ url, status, headers, text }, options);
        const best = dialect === "k8s-http" ? 399 : 299;
        if (status < 200 || status > best) expect(state).not.toMatch(/^(ready|degraded)$/);
      },
    ),
    rows(6_000),
  );
}, 120_000);

test("no body with an unknown status word is ready or degraded (but in k8s-http, which reads none)", () => {
  const unknown = word.filter((word) => !GOOD.has(word.trim().toLowerCase().replace(/[- ]/g, "_")));
  const rest = shaped.map(({ status: _, ...rest }) => rest);
  const sighted = NAMES.filter((name) => name !== "k8s-http");
  const words = fc.array(unknown, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(words, rest, headers, url, fc.nat(sighted.length - 1), (words, rest, headers, url, first) => {
      for (const [i, status] of words.entries()) {
        const text = JSON.stringify({ ...rest, status });
        const dialect = sighted[(first + 7 * i) % sighted.length]!;
        const { state } = heard({ url, status: 200, headers, text }, { dialect });
        expect([dialect, state]).not.toEqual([dialect, expect.stringMatching(/^(ready|degraded)$/)]);
      }
    }),
    rows(1_000),
  );
}, 120_000);

/** Pieces that mean something to some dialect, or to a parser. */
const PIECES = [
  ...'{}[]":,\n\r\t \u0000\u2028\ud800ÿ',
  ...WORDS,
  "null",
  "1e999",
  "-0",
  '"__proto__":{"status":"UP"},',
  '"status":"UP",',
  "[+]ping ok\n",
  "READY=1\n",
  "ActiveState=active\n",
  " #ready",
  "<title>Health Check Status</title>",
  "::health_flags::healthy",
  "\u0000\u0000\u0000\u0000\u0002\u0008\u0001",
  "[".repeat(50),
  "a".repeat(5_000),
];
const CODES = [
  100,
  103,
  204,
  206,
  301,
  302,
  304,
  400,
  401,
  403,
  404,
  418,
  425,
  429,
  451,
  472,
  499,
  500,
  501,
  503,
  599,
];
const MARKS: Record<string, string>[] = [
  {},
  { "x-consul-reason": "passing" },
  { "x-prometheus-stopping": "false" },
  { "x-envoy-degraded": "" },
  { "x-envoy-upstream-healthchecked-cluster": "x" },
  { "content-type": "application/grpc-web-text" },
  { "content-type": "application/vnd.spring-boot.actuator.v3+json" },
  { "retry-after": "9".repeat(400) },
  { age: "9".repeat(10) },
  { "grpc-status": "NaN" },
];
const originals = fixtures();
/** One change of a text: a piece put in, in place of so many characters, or everything behind it cut off. */
const change = fc.record({
  at: fc.nat(2_000),
  drop: fc.constantFrom(0, 0, 1, 4, 40, Infinity),
  piece: fc.constantFrom(...PIECES),
});
const changed = (text: string, { at, drop, piece }: { at: number; drop: number; piece: string }) => {
  const from = text.length === 0 ? 0 : at % text.length;
  return text.slice(0, from) + piece + text.slice(from + drop);
};

test("no capture that was damaged makes a reader throw or say too much, and none but a 2xx is ready", () => {
  const damaged = fc.tuple(
    fc.constantFrom(...originals),
    fc.array(change, { minLength: 1, maxLength: 3 }),
    fc.constantFrom(200, ...CODES),
    fc.constantFrom(...MARKS),
    fc.nat(NAMES.length - 1),
  );
  fc.assert(
    fc.property(damaged, ([{ answer, dialect }, changes, status, marks, other]) => {
      const text = changes.reduce(changed, answer.text);
      const headers = new Headers([...answer.headers, ...Object.entries(marks)]);
      for (const name of ["auto", dialect, NAMES[other]!]) {
        const report = heard({ ...answer, status, headers, text }, { dialect: name });
        const best = report.dialect === "k8s-http" ? 399 : 299;
        if (report.state === "ready") expect([name, status >= 200 && status <= best]).toEqual([name, true]);
        const texts = [
          report.reason,
          report.version,
          ...report.claims.map(({ raw }) => raw),
          ...report.subsystems.flatMap(({ name, message }) => [name, message]),
        ];
        expect(Math.max(...texts.map((text) => text?.length ?? 0))).toBeLessThanOrEqual(300);
        expect(report.subsystems.length).toBeLessThanOrEqual(200);
      }
    }),
    rows(31_000),
  );
}, 120_000);

test("no reader hangs on 64 KiB of one piece", () => {
  const url = new URL("http://svc.example/up");
  const pieces = [...PIECES, "a:", "a/", "-", "=\n", "x ok\n", "(", "<a", "0%,", "ab "].filter(Boolean);
  for (const [i, piece] of pieces.entries()) {
    const text = piece.repeat(Math.ceil(65_536 / piece.length)) + (i % 2 === 0 ? "" : "x");
    for (const dialect of NAMES) {
      const { state } = heard({ url, status: 503, headers: new Headers(), text }, { dialect });
      expect(["ready", "degraded"]).not.toContain(state);
    }
  }
}, 120_000);

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

test("these were 100,000 answers and more", () => {
  console.log(`${inputs} answers`);
  expect(inputs).toBeGreaterThanOrEqual(100_000);
});
