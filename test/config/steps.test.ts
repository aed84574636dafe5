import { describe, expect, test } from "vitest";
import type { ConfigStepKind } from "../../src/config/kinds.ts";
import type { Runtime } from "../../src/config/runtime.ts";
import { furtherRequestsOf, requestsOf } from "../../src/config/requests.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { BASE, edit, loadText, problemsOf } from "./load_text.ts";
import * as z from "../../src/base/zod.ts";

/** A kind that config has never heard of. */
const echo: ConfigStepKind<{ echo: { port: number } }> = {
  kind: "echo",
  schema: ({ map }) => map({ echo: map({ port: z.int().check(z.gte(1)), say: z.optional(z.string()) }) }),
  references: /^echo\/say$/,
  scope: { line: "string", hops: "int" },
  hostile: [],
  read: (draft) => draft as { echo: { port: number } },
  summarize: ({ echo: { port } }) => `echo :${port}`,
  requests: () => ({ usual: 2, most: 5 }),
  lacking: ({ echo: { port } }, runtime) => runtime === "deno-deploy" ? `it has no port ${port}` : undefined,
};
const options = { kinds: { ...KINDS, steps: [...KINDS.steps, echo] } };
const OLD = '- expect: ["status == 200", "body.ok == true"]';
const PLACE = "regions: [{ id: eu, probers: [{ id: weur, place: weur }] }]";
const config = (step: string) => edit(OLD, `- ${step}`);

describe("a step of another kind", () => {
  const text = config(`{ echo: { port: 7 }, expect: "line == 'hi'", until: { every: 1s, within: 3s } }`);

  test("is read by its kind, beside steps that name none", async () => {
    const [check] = (await loadText(text.replace("journey:", `journey:\n          ${OLD}`), options)).checks;
    expect(check!.journey).toMatchObject([
      { kind: "http", summary: "GET /", requests: { usual: 1, most: 6 } },
      {
        kind: "echo",
        summary: "echo :7",
        requests: { usual: 2, most: 5 },
        echo: { port: 7 },
        name: "step 2",
      },
    ]);
  });

  test("is counted by its kind", async () => {
    const [check] = (await loadText(text, options)).checks;
    // The report twice, and four tries.
    expect(requestsOf(check!)).toBe(2 + 4 * 2);
    expect(furtherRequestsOf(check!)).toBe(4 * 3);
  });

  test.each<[string, string, object]>([
    ["names what only HTTP has", "{ echo: { port: 7 }, expect: status == 200 }", {
      path: "targets[0].checks[0].journey[0].expect",
      found: "status",
      expected: "one of line, hops, captures, now, run",
    }],
    ["has a mistake of its own", "{ echo: { port: 0 }, expect: hops == 1 }", {
      path: "targets[0].checks[0].journey[0].echo.port",
      message: "too small",
    }],
    ["is two kinds at once", "{ echo: { port: 7 }, request: {}, expect: hops == 1 }", {
      path: "targets[0].checks[0].journey[0].request",
      message: "unknown key",
      expected: "one of: name, echo, onlyIf, repeat, capture, emptyOk, until, timeout, expect",
    }],
    ["holds a secret where none is replaced", "{ echo: { port: 7 }, name: '${env:A}', expect: hops == 1 }", {
      path: "targets[0].checks[0].journey[0].name",
      message: "a reference is not replaced here",
    }],
  ])("that %s", async (_, step, problem) => {
    expect(await problemsOf(config(step), options)).toMatchObject([problem]);
  });

  test("holds a secret where its kind says so", async () => {
    const step = "{ echo: { port: 7, say: '${env:A}' }, expect: hops == 1 }";
    expect(await problemsOf(config(step), { ...options, env: () => "eight-ch" })).toEqual([]);
  });

  test.each<[Runtime | undefined, object[]]>([
    [undefined, []],
    ["deno", []],
    ["deno-deploy", [{
      path: "targets[0].checks[0].journey[0].echo",
      line: 9,
      message: "Deno Deploy cannot take this step: it has no port 7",
    }]],
  ])("that its runtime %s lacks something for", async (runtime, problems) => {
    const step = "{ echo: { port: 7 }, expect: hops == 1 }";
    expect(await problemsOf(config(step), { ...options, runtime })).toMatchObject(problems);
  });

  test("shows the mistakes of its kind, however many they are", async () => {
    const step = "{ echo: { port: 0, prt: 1, say: 2 }, expect: hops == 1 }";
    expect((await problemsOf(config(step), options)).map(({ path }) => path)).toEqual(
      ["port", "prt", "say"].map((key) => `targets[0].checks[0].journey[0].echo.${key}`),
    );
  });

  test("is no key where the kind is not in the table", async () => {
    expect(await problemsOf(config("{ echo: { port: 7 }, expect: body.ok }"))).toMatchObject([
      { path: "targets[0].checks[0].journey[0].echo", message: "unknown key" },
    ]);
  });
});

test("a mistake in a step that names no kind is one in HTTP", async () => {
  expect(await problemsOf(config("{ requst: {}, expect: body.ok }"), options)).toMatchObject([
    { path: "targets[0].checks[0].journey[0].requst", suggestion: "request" },
  ]);
});

test("without a kind of its own, a step in a table without a default is a mistake", async () => {
  const problems = await problemsOf(BASE, { kinds: { ...KINDS, steps: [echo] } });
  expect(problems.map(({ path }) => path)).toContain("targets[0].checks[0].journey[0].echo");
});

test.each([["", 1], ["emptyOk: true", 0], ["emptyOk: false", 1]])(
  "expectations that an empty answer passes are doubtful, unless the step says that it is right: %s",
  async (line, count) => {
    const text = edit(
      "- expect:",
      `- ${line ? `${line}\n            ` : ""}expect: status == 200\n          - expect:`,
    );
    const doubts = (await problemsOf(text)).filter(({ message }) => message.includes("would also pass"));
    expect(doubts.length).toBe(count);
  },
);

describe("a step that connects by itself", () => {
  test.each<[string, string, Runtime | undefined, object]>([
    ["a private host", "{ tcp: { host: 10.0.0.1, port: 5432 }, expect: connected }", undefined, {
      path: "targets[0].checks[0].journey[0].tcp.host",
      message: "Cannot ask 10.0.0.1: private addresses are refused",
      expected: "a public address, or allowPrivate: true",
    }],
    ["an address in another form", "{ tcp: { host: '0x7f.1', port: 5432 }, expect: connected }", undefined, {
      message: "Cannot ask 127.0.0.1: loopback addresses are refused",
    }],
    ["a host with a port", "{ tcp: { host: 'db.example:1', port: 2 }, expect: connected }", undefined, {
      message: "not a host",
    }],
    ["a URL for a host", "{ tcp: { host: 'https://db.example/', port: 2 }, expect: connected }", undefined, {
      message: "not a host",
    }],
    ["no port", "{ tcp: {}, expect: connected }", undefined, {
      path: "targets[0].checks[0].journey[0].tcp.port",
      message: "port is missing",
    }],
    ["auth, which is for requests", "{ tcp: { port: 2 }, auth: none, expect: connected }", undefined, {
      path: "targets[0].checks[0].journey[0].auth",
      message: "unknown key",
    }],
    [
      "an expectation that silence would meet",
      "{ tcp: { port: 2 }, expect: \"!text.contains('-ERR')\" }",
      undefined,
      {
        severity: "warning",
        message: expect.stringContaining("would also pass a port that accepts and says nothing"),
      },
    ],
    ["more requests than a burst may have", "{ burst: { requests: 51 }, expect: ok == 51 }", undefined, {
      path: "targets[0].checks[0].journey[0].burst.requests",
      expected: "at most 50",
    }],
    [
      "a condition on each that is none",
      "{ burst: { requests: 5, each: statis == 1 }, expect: ok == 5 }",
      undefined,
      {
        path: "targets[0].checks[0].journey[0].burst.each",
        found: "statis",
      },
    ],
    [
      "an expectation that quick failures would meet",
      "{ burst: { requests: 5 }, expect: p95 < 300.0 }",
      undefined,
      {
        severity: "warning",
        message: expect.stringContaining("would also pass 503 to every request"),
      },
    ],
    [
      "a server of DNS that a Worker cannot reach",
      "{ dns: { name: a.example, server: 9.9.9.9 }, expect: size(records) == 1 }",
      "cloudflare",
      {
        path: "targets[0].checks[0].journey[0].dns",
        message: "Cloudflare cannot take this step: there are no datagrams, so server has to be a URL",
      },
    ],
    ["certificates, which no Worker is shown", "{ tls: {}, expect: trusted }", "cloudflare", {
      path: "targets[0].checks[0].journey[0].tls",
      message: "Cloudflare cannot take this step: a Worker is shown no certificates",
    }],
    ["a port that Workers are refused", "{ tcp: { port: 25 }, expect: connected }", "cloudflare", {
      message: "Cloudflare cannot take this step: a Worker may not connect to port 25",
    }],
    ["a measure that no Worker takes", "{ tcp: { port: 2 }, expect: connectMs < 9.0 }", "cloudflare", {
      path: "targets[0].checks[0].journey[0].expect",
      found: "connectMs",
    }],
  ])("and has %s", async (_, step, runtime, problem) => {
    const text = runtime === "cloudflare"
      ? config(step).replace("version: 1", `version: 1\n${PLACE}`)
      : config(step);
    expect(await problemsOf(text, { runtime })).toMatchObject([problem]);
  });
});
