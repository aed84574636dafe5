import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawn } from "./child.ts";

let folder: string;
let server: Deno.HttpServer<Deno.NetAddr>;
let url: string;
let nobody: string;
const asked: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  const loopback = { hostname: "127.0.0.1", port: 0, onListen() {} };
  server = Deno.serve(loopback, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return (ANSWERS[pathname] ?? (() => new Response("no such page", { status: 404 })))();
  });
  url = `http://127.0.0.1:${server.addr.port}`;
  // A port that was free a moment ago.
  const gone = Deno.serve(loopback, () => new Response());
  nobody = `http://127.0.0.1:${gone.addr.port}`;
  await gone.shutdown();
});
afterAll(async () => {
  await server.shutdown();
  rmSync(folder, { recursive: true });
});

const ok = (status: number, works: boolean) => ({
  readyz: () => new Response(null, { status }),
  work: () => Response.json({ works }),
});

/** Services by what they say and do. */
const SERVICES = {
  well: ok(200, true),
  liar: ok(200, false),
  shy: ok(503, true),
  // 425 Too Early: the http dialect's word for starting.
  booting: ok(425, false),
  mute: ok(200, true),
  dead: ok(200, true),
};

const health = (type: string, status: number, body: string) => () =>
  new Response(body, { status, headers: { "content-type": type } });

const ANSWERS: Record<string, () => Response> = {
  ...Object.fromEntries(
    Object.entries(SERVICES).flatMap((
      [id, { readyz, work }],
    ) => [[`/${id}/readyz`, readyz], [`/${id}/work`, work]]),
  ),
  "/http": health("application/json", 200, `{"status":"ok"}`),
  "/k8s/readyz": health(
    "text/plain",
    500,
    "[+]ping ok\n[-]etcd failed: reason withheld\n[+]informer-sync ok\nreadyz check failed\n",
  ),
  "/actuator/health": health(
    "application/vnd.spring-boot.actuator.v3+json",
    200,
    `{"status":"UP","components":{"db":{"status":"DOWN"},"ping":{"status":"UP"}}}`,
  ),
  "/health": health(
    "application/health+json",
    200,
    `{"status":"warn","checks":{"replica:lag":[{"componentType":"datastore","status":"warn"}]}}`,
  ),
};

async function assay(...args: string[]) {
  const child = spawn("../../scripts/cli/assay.ts", args);
  const { code } = await child.ended;
  return { code, out: child.out.join("\n"), err: child.err.join("\n") };
}

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** A config of these services, each with one check. Nobody answers for `dead`, nor for the health of `mute`. */
function services(...ids: (keyof typeof SERVICES)[]): string {
  const target = (id: string) => `
  - id: ${id}
    url: ${id === "dead" || id === "mute" ? nobody : url}/${id}
    checks:
      - report: { path: /readyz }
        journey:
          - request: { path: ${id === "mute" ? `${url}/mute` : ""}/work }
            expect: ["body.works == true"]`;
  return written(
    `${ids.join("-")}.yaml`,
    `version: 1\nallowPrivate: true\ntargets:${ids.map(target).join("")}\n`,
  );
}

describe.concurrent("assay check", () => {
  const FIVE = `version: 1
listn: 8080
regions: [lokal]
targets:
  - id: shop
    url: https://shop.example
    checks:
      - id: write
        report: { path: /readyz, dialect: sprin }
        journey:
          - name: place an order
            request: { method: POST, path: /orders, json: { sku: canary } }
            expect: ["statsu == 201"]
        quorum: { open: majorty }
`;
  // Line, column, path, found, suggestion, and a part of what is expected.
  const MISTAKES = [
    [2, 1, "listn", "listn", "listen", "listen"],
    [3, 11, "regions[0]", "lokal", "local", "local"],
    [9, 43, "targets[0].checks[0].report.dialect", "sprin", "spring", "spring"],
    [13, 23, "targets[0].checks[0].journey[0].expect[0]", "statsu", "status", "status"],
    [14, 25, "targets[0].checks[0].quorum.open", "majorty", "majority", "majority"],
  ] as const;

  test("tells five different mistakes at once, each with its place and what was meant", async () => {
    const file = written("five.yaml", FIVE);
    const [text, json] = await Promise.all([assay("check", file), assay("check", file, "--json")]);
    expect([text.code, json.code]).toEqual([1, 1]);
    const { valid, problems } = JSON.parse(json.out);
    expect(valid).toBe(false);
    expect(problems).toEqual(MISTAKES.map(([line, column, path, found, suggestion, expected]) => ({
      severity: "error",
      message: expect.any(String),
      expected: expect.stringContaining(expected),
      ...{ line, column, path, found, suggestion },
    })));
    const paragraphs = text.out.split(/\n(?=\S)/);
    expect(paragraphs).toHaveLength(5);
    MISTAKES.forEach(([line, column, path, found, suggestion], i) => {
      const [head, ...notes] = paragraphs[i]!.split("\n    ");
      expect(head).toMatch(`${file}:${line}:${column}: error: ${path}: `);
      expect(notes).toEqual([
        expect.stringMatching(/^expected: ./),
        `found: ${found}`,
        `did you mean: ${suggestion}`,
      ]);
    });
  });

  const HERE =
    "version: 1\ntargets: [{ id: a, url: https://a.example, checks: [{ journey: [{ expect: body.ok == true }] }] }]\n";
  const UNSET = HERE.replace("https://a.example", '"${env:NOWHERE_SET}"');

  test.each([
    ["a valid config", HERE, [], 0, "valid: 1 target,"],
    ["for deno, this process as prober", HERE, ["--for", "deno"], 0, "valid: 1 target,"],
    ["for cloudflare, this process as prober", HERE, ["--for", "cloudflare"], 1, "no prober is this process"],
    ["an unset variable", UNSET, [], 1, ":2:25: error: targets[0].url: NOWHERE_SET is not set"],
    [
      "an unset variable with --no-env",
      UNSET,
      ["--no-env"],
      0,
      ":2:25: warning: targets[0].url: NOWHERE_SET is not set",
    ],
  ])("%s", async (name, text, options, code, says) => {
    const { out, ...ended } = await assay("check", written(`${name}.yaml`, text), ...options);
    expect({ ...ended, out }).toEqual({ code, err: "", out: expect.stringContaining(says) });
  });

  test.each([
    ["a file that is not there", ["check", "nowhere.yaml"], "Cannot read nowhere.yaml"],
    ["an unknown option", ["check", "--wat"], "unknown option '--wat'"],
    ["a port that is none", ["start", "--port", "x"], "Not a port."],
    ["a target that is not there", ["run", "--target", "x"], "No target has the id x"],
    ["a target that is nearly there", ["run", "--target", "aa"], "No target has the id aa (did you mean a?)"],
    [
      "a scope that is nearly there",
      ["token", "create", "--id", "ci", "--scope", "reed"],
      "did you mean read?",
    ],
    ["a header that is none", ["report", "http://a.example", "--header", "x"], 'Not "name: value".'],
    ["a URL that is none", ["report", "nowhere"], "Not a URL: nowhere"],
  ])("usage, exit 3: %s", async (name, [verb, ...args], says) => {
    const file = verb === "run" ? [written(`${name}.yaml`, HERE)] : [];
    const { code, err } = await assay(verb!, ...file, ...args);
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining(says) });
  });
});

test("of a verb that is nearly there the right one is said last, and no help buries it", async () => {
  const { code, err } = await assay("rnu");
  expect(code).toBe(3);
  expect(err.trim().split("\n")).toEqual(["error: unknown command 'rnu'", "(Did you mean run?)"]);
});

describe.concurrent("assay run", () => {
  test("-v prints each step as it ends, --prove what nobody would notice, and the last line counts", async () => {
    const { code, out } = await assay("run", services("liar", "well"), "-v", "--prove");
    expect(code).toBe(1);
    expect(out).toMatch(
      /^well\/default {2}pass {2}step 1 {2}200 {2}\d+ ms\n {4}asked {4}GET http:\S+\/well\/work\n/m,
    );
    expect(out).toMatch(/^liar\/default {2}fail {2}step 1 {2}\d+ {2}\d+ ms\n/m);
    expect(out).toMatch(/^well\/default, step 1:\n {2}every change that was tried would be detected$/m);
    expect(out.trim().split("\n").at(-1)).toBe("1 of 2 ready, 1 drift");
  });

  test.each(
    [
      ["well", 0, "ready", "ready", "pass"],
      ["liar", 1, "drift", "ready", "fail"],
      ["shy", 2, "underclaim", "not_ready", "pass"],
      ["booting", 2, "announced", "starting", "fail"],
      ["mute", 2, "unreported", "unreachable", "pass"],
      ["dead", 1, "down", "unreachable", "fail"],
    ] as const,
  )("%s: exit %i, %s", async (id, code, verdict, state, outcome) => {
    const all = services("well", "liar", "shy", "booting", "mute", "dead");
    const ended = await assay("run", all, "--target", id, "--json");
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.out)).toMatchObject([
      { check: `${id}/default`, verdict, before: { state }, observation: { outcome } },
    ]);
  });

  test("of several targets the worst decides, and the table shows what failed", async () => {
    const { code, out } = await assay("run", services("shy", "liar", "well"));
    expect(code).toBe(1);
    const [shy, liar, well] = out.split(/\n(?=\S)/);
    expect(shy).toMatch(/^shy\/default: underclaim\n/);
    expect(liar).toMatch(/^liar\/default: drift\n/);
    expect(liar).toContain("body.works is false");
    expect(liar).toContain("body.works == true");
    expect(well).toMatch(/^well\/default: ready\n/);
  });
});

describe.concurrent("assay run with several sources", () => {
  const journey = "journey: [{ request: { path: /liar/work }, expect: body.works == true }]";
  const several = (name: string, lines: string) =>
    written(
      name,
      `version: 1\nallowPrivate: true\ntargets: [{ id: a, url: ${url}, checks: [{ ${lines}, ${journey} }] }]\n`,
    );
  const db = "{ name: db, path: /actuator/health, select: components.db }";
  const app = "{ name: app, path: /well/readyz }";

  test.each([
    ["worst", "not_ready"],
    ["any", "drift"],
  ])("claim: %s is %s, and each source is shown", async (claim, word) => {
    const { code, out } = await assay(
      "run",
      several(`${claim}.yaml`, `report: [${app}, ${db}], claim: ${claim}`),
    );
    expect(code).toBe(1);
    expect(out).toContain(`a/default: ${word}\n`);
    expect(out).toContain(
      "\n        app: ready (http): claimed by status code alone: report.dialect makes it exact\n        db: not_ready (spring)\n",
    );
    expect(out).toContain("\n  but   db: code 200 says ready over components.db not_ready");
  });

  test("what is pushed is not known here", async () => {
    const push = '{ name: unit, push: { ttl: 90s, token: "${env:PATH}" } }';
    const file = several("push.yaml", `report: [${app}, ${push}], claim: all`);
    const { code, out } = await assay("run", file, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([{
      verdict: "failing",
      before: {
        state: "unknown",
        sources: [{ name: "unit", state: "unknown" }, { name: "app", state: "ready" }],
      },
    }]);
  });
});

describe.concurrent("assay report", () => {
  const part = (name: string, state: string) => expect.objectContaining({ name, state });

  test.each([
    ["/http", { dialect: "http", state: "ready", subsystems: [], contradictions: [] }],
    ["/k8s/readyz", {
      dialect: "k8s",
      state: "not_ready",
      subsystems: [part("ping", "ready"), part("etcd", "not_ready"), part("informer-sync", "ready")],
      contradictions: [],
    }],
    ["/actuator/health", {
      dialect: "spring",
      state: "not_ready",
      subsystems: [part("db", "not_ready"), part("ping", "ready")],
      contradictions: [expect.stringContaining("db not_ready")],
    }],
    ["/health", {
      dialect: "health+json",
      state: "degraded",
      subsystems: [part("replica:lag", "degraded")],
      contradictions: [],
    }],
  ])("%s", async (path, want) => {
    const { code, out } = await assay("report", url + path, "--json", "--allow-private");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject(want);
  });

  test.each([
    ["components.ping", 0, { state: "ready" }],
    ["components.db", 0, {
      state: "not_ready",
      contradictions: ["code 200 says ready over components.db not_ready"],
    }],
    ["components.cache", 2, { state: "unknown", reason: "select: no components.cache; there is db, ping" }],
  ])("--select %s: exit %i", async (part, code, want) => {
    const ended = await assay(
      "report",
      `${url}/actuator/health`,
      "--select",
      part,
      "--json",
      "--allow-private",
    );
    expect(ended.code).toBe(code);
    expect(JSON.parse(ended.out)).toMatchObject(want);
  });

  test.each<[name: string, args: string[], said: string]>([
    ["a private address", ["http://127.0.0.1:1/"], "loopback addresses are refused. Add --allow-private"],
    [
      "a name of a private network",
      ["http://localhost:9/"],
      "single-label names are refused. Add --allow-private",
    ],
    ["another scheme", ["ftp://a.example/"], "only http and https are allowed"],
    ["a metadata service", ["http://169.254.169.254/", "--allow-private"], "Cannot ask 169.254.169.254"],
  ])("does not ask %s, which is no fault of the service: exit 3", async (_, args, said) => {
    const { code, out, err } = await assay("report", ...args);
    expect({ code, out, err }).toEqual({ code: 3, out: "", err: expect.stringContaining(said) });
    expect(err.includes("Add --allow-private")).toBe(said.includes("--allow-private"));
  });

  test("sends nothing to a private address without --allow-private", async () => {
    expect((await assay("report", `${url}/private`)).code).toBe(3);
    expect(asked).not.toContain("/private");
  });

  test("a refused connection is the service's: exit 2", async () => {
    const { code, out } = await assay("report", "http://127.0.0.1:1/", "--allow-private");
    expect({ code, out }).toEqual({
      code: 2,
      out: expect.stringContaining(
        "unreachable: the connection was refused: nothing listens there (connect ECONNREFUSED",
      ),
    });
  });
});
