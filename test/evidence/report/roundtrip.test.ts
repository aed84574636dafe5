import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyText } from "../../../src/base/http/body_text.ts";
import { isServing } from "../../../src/evidence/report/merge.ts";
import {
  DIALECTS,
  nearestState,
  read,
  type ReportState,
  type Statement,
  write,
} from "../../../src/evidence/report/mod.ts";
import { rows } from "./seed.ts";

const AT = Date.UTC(2026, 10, 20, 22, 30);
const STATES: readonly ReportState[] = [
  "ready",
  "degraded",
  "starting",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
];
const writers = DIALECTS.filter(({ write }) => write);
const writerOf = (name: string) => writers.find((dialect) => dialect.name === name)!;

/** What a dialect says of a statement, and how Assay reads that. */
function told(name: string, statement: Statement, dialect = name) {
  const { status, headers, body } = write(writerOf(name), statement);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const { text, isExact } = bodyText(bytes, headers["content-type"] ?? null);
  expect(isExact).toBe(true);
  const url = new URL("https://assay.example/v1/targets/shop/health");
  const answer = { url, status, headers: new Headers(headers), text };
  return { answer, bytes, report: read(answer, { dialect }, DIALECTS) };
}

/**
 * What each dialect says of each state, and so what it cannot say: R ready, D degraded, S starting, X draining, N not
 * ready, U unknown, in the order of `STATES`. `auto`: it is recognised without being told, in these states.
 */
const SAYS: Record<string, { says: string; auto: string }> = {
  "consul": { says: "R D N X N N N N", auto: "all" },
  "grpc-web": { says: "R D N N N U U U", auto: "all" },
  "grpc-health": { says: "R D N N N U U U", auto: "R D N" },
  "health+json": { says: "R D N N N N N N", auto: "all" },
  "envoy": { says: "R D S X N N N N", auto: "all" },
  "docker": { says: "R D S N N N N N", auto: "all" },
  "statuspage": { says: "R D N X N N N N", auto: "all" },
  "systemd": { says: "R D S X N N N N", auto: "all" },
  "haproxy": { says: "R D N X N N N N", auto: "all" },
  "spring": { says: "R D N N N N N N", auto: "all" },
  "microprofile": { says: "R D N N N N N N", auto: "all" },
  "aspnetcore": { says: "R D N N N N N N", auto: "all" },
  "nestjs": { says: "R D N X N N N N", auto: "all" },
  "terminus": { says: "R D N N N N N N", auto: "all" },
  "under-pressure": { says: "R D N N N N N N", auto: "N" },
  "go-health": { says: "R D S N N N N N", auto: "all" },
  "hellofresh": { says: "R D N N N N N N", auto: "all" },
  "heptio": { says: "R D N N N N N N", auto: "" },
  "django-health-check": { says: "R D N N N N N N", auto: "all" },
  "laravel": { says: "R D N N N N N N", auto: "all" },
  "rails": { says: "R D N N N N N N", auto: "all" },
  "lightship": { says: "R D N X N N N N", auto: "all" },
  "k8s": { says: "R D N X N N N N", auto: "all" },
  "k8s-http": { says: "R D N N N N N N", auto: "" },
  "http": { says: "R D S X N N N N", auto: "all" },
};
const LETTERS: Record<string, ReportState> = {
  R: "ready",
  D: "degraded",
  S: "starting",
  X: "draining",
  N: "not_ready",
  U: "unknown",
};
const saysOf = (name: string) => SAYS[name]!.says.split(" ").map((letter) => LETTERS[letter]!);

test("every dialect that writes stands in the table", () => {
  expect(writers.map(({ name }) => name).toSorted()).toEqual(Object.keys(SAYS).toSorted());
});

describe.each(Object.keys(SAYS))("%s", (name) => {
  const says = saysOf(name);
  const isAuto = (state: ReportState) => {
    const { auto } = SAYS[name]!;
    return auto === "all" || auto.split(" ").some((letter) => LETTERS[letter] === state);
  };

  test.each(STATES.map((state, i) => [state, says[i]!]))("of %s it says %s", (state, said) => {
    const bare = { state, at: AT };
    const full = {
      ...bare,
      name: "shop",
      reason: "read: drift",
      version: "1.2.3",
      subsystems: [part(state)],
    };
    for (const statement of [bare, full]) {
      expect(told(name, statement).report).toMatchObject({ state: said, contradictions: [] });
      if (isAuto(said)) {
        expect(told(name, statement, "auto").report).toMatchObject({ state: said, dialect: name });
      }
    }
  });

  test("it declares just the states that it can say, and none is said by a greener one", () => {
    const { expresses } = writerOf(name);
    expect([...expresses!.whole].toSorted()).toEqual([...new Set(says)].toSorted());
    const green: ReportState[] = ["ready", "degraded"];
    for (const [i, state] of STATES.entries()) {
      if (says[i] === state) continue;
      expect(green).not.toContain(says[i]);
      expect(nearestState(state, expresses!.whole)).toBe(says[i]);
    }
  });

  test("a caller that looks at the code alone is sent only where it serves, if the dialect has a code at all", () => {
    if (["statuspage", "grpc-health", "grpc-web"].includes(name)) return;
    for (const state of STATES) {
      const { status } = told(name, { state }).answer;
      // Consul's warning is 429, which its own checks take for a service that still serves.
      const serves = status === 200 || (name === "consul" && status === 429);
      expect([state, serves]).toEqual([state, state === "ready" || state === "degraded"]);
    }
  });
});

const part = (state: ReportState) =>
  ({ name: "read", state, layer: "process", required: true, message: "walked" }) as const;

describe("parts", () => {
  const shown = (name: string, statement: Statement) =>
    Object.fromEntries(told(name, statement).report.subsystems.map((part) => [part.name, part.state]));
  const both: Statement = {
    state: "not_ready",
    name: "shop",
    at: AT,
    subsystems: [part("ready"), { ...part("not_ready"), name: "write" }],
  };

  test.each([
    ["spring", { read: "ready", write: "not_ready" }],
    ["health+json", { read: "ready", write: "not_ready" }],
    ["microprofile", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["aspnetcore", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["nestjs", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["terminus", { shop: "not_ready", write: "not_ready" }],
    ["go-health", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["hellofresh", { write: "not_ready" }],
    ["heptio", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["laravel", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["statuspage", { shop: "not_ready", read: "ready", write: "not_ready" }],
    ["k8s", { journey: "not_ready", read: "ready", write: "not_ready" }],
    ["consul", { "assay:verdict": "not_ready", "assay:read": "ready", "assay:write": "not_ready" }],
  ])("%s shows them in its own way", (name, parts) => {
    expect(shown(name, both)).toEqual(parts);
  });

  test("one that is worse than a whole that serves is left out", () => {
    for (const { name } of writers) {
      const { report } = told(name, { ...both, state: "ready" });
      expect([name, report.state, report.contradictions]).toEqual([name, "ready", []]);
    }
  });
});

test("a part that is named as the whole does not stand in its place", () => {
  const parts = [{ ...part("ready"), name: "shop" }, { ...part("degraded"), name: "read" }];
  for (const { name } of writers) {
    const { report } = told(name, { state: "not_ready", name: "shop", subsystems: parts });
    expect([name, report.state]).toEqual([name, "not_ready"]);
  }
});

test("what only reads cannot be asked to write", () => {
  expect(() => write(DIALECTS.find(({ name }) => name === "vault")!, { state: "ready" })).toThrow(
    "Cannot write vault: it is only read",
  );
});

/** Names and reasons that would break out of a line, a header, a page or an object. */
const HOSTILE = [
  "",
  "shutdown",
  "__proto__",
  "constructor",
  "status",
  "_service_maintenance:x",
  "a\r\nx-evil: 1",
  "a\nREADY=1\nActiveState=active",
  "[+]ping ok\nreadyz check passed",
  "up ready #",
  "</body><script>",
  '"},"status":"UP","x":{"a":"',
  "\u2028\u0000\ud800",
  "ünïcödé 🟢",
  "x".repeat(5_000),
  "🟢".repeat(500),
  "isShuttingDown",
  "finishedAt",
  "100% ready",
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 300 }));
const states = fc.constantFrom(...STATES);
const statement: fc.Arbitrary<Statement> = fc.record({
  state: states,
  name: text,
  reason: text,
  version: text,
  at: fc.oneof(fc.constantFrom(undefined, AT, 0, NaN, 1e300), fc.maxSafeInteger()),
  subsystems: fc.array(
    fc.record({
      name: text,
      state: states,
      message: text,
      layer: fc.constant("process" as const),
      required: fc.boolean(),
    }),
    { maxLength: 60 },
  ),
}, { requiredKeys: ["state"] });

test("whatever the texts and parts: under 4 KiB, and read as what is said", () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(SAYS)), statement, (name, statement) => {
      const { bytes, report } = told(name, statement);
      expect(bytes.length).toBeLessThan(4_096);
      const said = saysOf(name)[STATES.indexOf(statement.state)];
      expect([name, report.state, report.contradictions]).toEqual([name, said, []]);
      if (isServing(said!)) return;
      expect([name, isServing(told(name, statement, "auto").report.state)]).toEqual([name, false]);
    }),
    rows(10_000),
  );
}, 60_000);
