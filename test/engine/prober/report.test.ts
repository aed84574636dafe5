/** Checks with parts and with several sources, through the prober, the wire and the settler. */
import { describe, expect, test } from "vitest";
import { api } from "../../../src/web/app.ts";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { signRequest } from "../../../src/evidence/report/sigv4.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { decodeStates, isShard } from "../../../src/storage/codec.ts";
import { settler } from "../../../src/engine/settler/settler.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { summarize } from "../../../src/judgement/summary.ts";
import { appFetch } from "../../world/app_fetch.ts";
import type { Reply as Play, Route } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { Round } from "../../../src/judgement/round.ts";

const JOURNEY = "journey: [{ name: work, request: { path: /work }, expect: body.ok == true }]";

/** One check with these lines in it. */
const config = (lines: string, top = "") => `
version: 1
store: { memory: {} }
${top}
targets:
  - id: shop
    url: https://shop.example
    checks:
      - ${lines.trim().split("\n").map((line) => line.trimEnd()).join("\n        ")}
        ${JOURNEY}
`;

const SEVERAL = (claim = "worst") =>
  config(`report:
  - { name: app, path: /actuator/health, select: components.db }
  - { name: pool, path: /healthz }
  - { name: page, url: https://status.example/api }
claim: ${claim}`);

const spring = (app: string, db: string): Play => (
  { json: { status: app, components: { db: { status: db }, disk: { status: "UP" } } } }
);
const GOOD: Play = { json: { ok: true } };
const BAD: Play = { json: { ok: false } };
const UP: Play = { body: "ok" };

async function walked(text: string, routes: Record<string, Route>, concurrency = 5) {
  const home = await testEnv(text, { routes });
  const options = {
    id: "home",
    region: "local",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency,
    controls: [],
  };
  const { answers: [answer] } = await localProber(home.ports, options)
    .ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
  if (!answer || !("round" in answer)) throw new Error("not walked");
  const paths = home.network.requests.map(({ url }) => new URL(url).pathname);
  return { round: answer.round, paths };
}

const states = ({ before }: Round) => before?.sources?.map(({ name, state }) => [name, state]);

describe("a part of a report against a journey that uses it", () => {
  const part = (select: string) => config(`report: { path: /actuator/health, select: ${select} }`);

  test("the whole says UP, the part is honest: its own claim decides", async () => {
    const routes = { "GET /actuator/health": spring("UP", "DOWN"), "GET /work": BAD };
    const { round } = await walked(part("components.db"), routes);
    expect(round.before).toMatchObject({
      state: "not_ready",
      contradictions: ["code 200 says ready over components.db not_ready"],
    });
    expect(round.after).toBeUndefined();
  });

  test("the whole says DOWN, the part is well and works", async () => {
    const routes = { "GET /actuator/health": spring("DOWN", "DOWN"), "GET /work": GOOD };
    const { round } = await walked(part("disk"), routes);
    expect(round).toMatchObject({ before: { state: "ready" }, observation: { outcome: "pass" } });
  });

  test("a part that is gone from the answer claims nothing", async () => {
    const routes = { "GET /actuator/health": spring("UP", "UP"), "GET /work": GOOD };
    const { round } = await walked(part("components.cache"), routes);
    expect(round).toMatchObject({
      before: { state: "unknown", reason: "select: no components.cache; there is db, disk" },
      after: { state: "unknown" },
    });
  });
});

test("the run's id goes to the origin of the target alone", async () => {
  const text = SEVERAL();
  const home = await testEnv(text, { routes: {} });
  const options = {
    id: "home",
    region: "local",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  };
  await localProber(home.ports, options).ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
  const told = home.network.requests.map(({ url, headers }) => [new URL(url).host, "x-assay-run" in headers]);
  expect(new Set(told.map(String))).toEqual(new Set(["shop.example,true", "status.example,false"]));
});

describe("several sources", () => {
  const ROUTES = {
    "GET /actuator/health": spring("UP", "UP"),
    "GET /healthz": UP,
    "GET https://status.example/api": UP,
    "GET /work": GOOD,
  };

  test("each is asked once, and the claim is of them all", async () => {
    const { round, paths } = await walked(SEVERAL(), ROUTES);
    expect(round.before).toMatchObject({ state: "ready" });
    expect(states(round)).toEqual([["app", "ready"], ["pool", "ready"], ["page", "ready"]]);
    expect(paths.toSorted()).toEqual(["/actuator/health", "/api", "/healthz", "/work"]);
  });

  test("where the claim accuses, each is asked again", async () => {
    const { round, paths } = await walked(SEVERAL(), { ...ROUTES, "GET /work": BAD });
    expect(paths.filter((path) => path !== "/work")).toHaveLength(6);
    expect(round.after).toMatchObject({ state: "ready" });
  });

  test("one that hangs costs its own deadline, and is no verdict of the service", async () => {
    const home = await testEnv(SEVERAL(), { routes: { ...ROUTES, "GET /healthz": "hang" } });
    const options = {
      id: "home",
      region: "local",
      dialects: DIALECTS,
      steps: STEP_KINDS,
      concurrency: 5,
      controls: [],
    };
    const asked = localProber(home.ports, options)
      .ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
    await home.clock.advance(2_000);
    const { answers: [answer] } = await asked;
    expect(answer).toMatchObject({ round: { before: { state: "ready" } } });
    expect(states((answer as { round: Round }).round)).toContainEqual(["pool", "unreachable"]);
  });

  test.each([[1, 1], [2, 2], [5, 3]])(
    "with %i at once, %i of three are asked at once",
    async (slots, most) => {
      let open = 0;
      let widest = 0;
      const slow = async (): Promise<Play> => {
        widest = Math.max(widest, ++open);
        await new Promise<void>((resolve) => queueMicrotask(resolve));
        open--;
        return UP;
      };
      const routes = { "GET /a": slow, "GET /b": slow, "GET /c": slow, "GET /work": GOOD };
      const text = config(`report:
  - { name: a, path: /a }
  - { name: b, path: /b }
  - { name: c, path: /c }`);
      const { round } = await walked(text, routes, slots);
      expect(widest).toBe(most);
      expect(states(round)).toEqual([["a", "ready"], ["b", "ready"], ["c", "ready"]]);
    },
  );

  test("a source that does not answer is a transport failure, for which the controls are asked", async () => {
    const text = SEVERAL().replace("version: 1", "version: 1\ncontrols: [https://control.example/a]");
    const home = await testEnv(text, { routes: { ...ROUTES, "GET /healthz": new Error("reset") } });
    const { controls } = home.config;
    const options = {
      id: "home",
      region: "local",
      dialects: DIALECTS,
      steps: STEP_KINDS,
      concurrency: 5,
      controls,
    };
    const reply = await localProber(home.ports, options)
      .ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
    expect(reply.suspect).toBe(true);
  });
});

test("AWS is asked beside the target, signed as of now", async () => {
  const text = config(`report:
  aws:
    targetGroup: arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/6d0ecf831eec9f09
    accessKeyId: \${env:AWS_ID}
    secretAccessKey: \${env:AWS_SECRET}`);
  const url = "https://elasticloadbalancing.eu-central-1.amazonaws.com/";
  const healthy = {
    TargetHealthDescriptions: [{ Target: { Id: "i-1" }, TargetHealth: { State: "healthy" } }],
  };
  const env = { AWS_ID: "AKIDEXAMPLE", AWS_SECRET: "wJalrXUtnFEMI/K7MDENG" };
  const home = await testEnv(text, {
    env,
    routes: { [`POST ${url}`]: { json: healthy }, "GET /work": GOOD },
  });
  const options = {
    id: "home",
    region: "local",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    signRequest,
    concurrency: 5,
    controls: [],
  };
  const { answers } = await localProber(home.ports, options)
    .ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
  expect(answers).toMatchObject([{ round: { before: { state: "ready", dialect: "elb", question: "lb" } } }]);
  const { headers } = home.network.requests[0]!;
  // START is 2023-11-14T22:14:00Z.
  expect(headers).toMatchObject({
    "x-amz-date": "20231114T221400Z",
    "authorization": expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20231114\/eu-central-1\/elasticloadbalancing\/aws4_request, /,
    ),
  });
});

describe("a pushed source", () => {
  const PUSHED = `report:
  - { name: app, path: /healthz }
  - { name: unit, push: { ttl: 90s, token: "\${env:PUSH}" } }`;

  test("is asked by no prober, which looks twice: the settler may see what accuses", async () => {
    const { round, paths } = await walked(config(PUSHED), { "GET /healthz": UP, "GET /work": GOOD });
    expect(paths).toEqual(["/healthz", "/work", "/healthz"]);
    expect(states(round)).toEqual([["app", "ready"]]);
    expect(round.after).toMatchObject({ state: "ready" });
  });

  test("alone leaves both looks to the settler", async () => {
    const alone = config('report: { push: { ttl: 90s, token: "${env:PUSH}" } }');
    const { round, paths } = await walked(alone, { "GET /work": GOOD });
    expect(paths).toEqual(["/work"]);
    expect(round).toMatchObject({ before: null, after: null });
  });
});

test("the combined report comes through the wire as it is", async () => {
  const env = { PROBER_TOKEN: "tok-of-the-prober" };
  const regions =
    `regions: [{ id: us, probers: [{ id: iad, url: "https://iad.example", token: "\${env:PROBER_TOKEN}" }] }]`;
  const text = SEVERAL("any").replace("version: 1", `version: 1\n${regions}`);
  const routes = { "GET /actuator/health": spring("UP", "DOWN"), "GET /healthz": UP, "GET /work": BAD };
  const far = await testEnv(text, { routes, env });
  const options = {
    id: "iad",
    region: "us",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  };
  const prober = localProber(far.ports, options);
  const app = api({ ...far, prober: { prober, token: "${env:PROBER_TOKEN}" } });
  const asker = remoteProber({ ...far.ports, fetch: appFetch(app) }, {
    id: "iad",
    url: "https://iad.example",
    token: "${env:PROBER_TOKEN}",
  });
  const request = { slot: START, checks: far.config.checks, deadlineMs: 10_000 };
  const reply = await asker.ask(request);
  expect(reply).toEqual(JSON.parse(JSON.stringify(await prober.ask(request))));
  expect(reply).toMatchObject({ answers: [{ round: { before: { sources: [{}, {}, {}] } } }] });
});

test("a lying aggregate over an honest part: drift for the one, not_ready for the other, ready for a third", async () => {
  const text = `
version: 1
store: { memory: {} }
defaults: { confirm: 0 }
targets:
  - id: shop
    url: https://shop.example
    checks:
      - { id: whole, report: { path: /health }, ${JOURNEY} }
      - { id: db, report: { path: /health, select: 'checks["db:writes"]' }, ${JOURNEY} }
      - { id: mail, report: { path: /health, select: "mail:queue" }, ${JOURNEY.replace("/work", "/mail")} }
`;
  // The draft for health+json lets `pass` stand over a check that fails.
  const checks = { "db:writes": [{ status: "fail" }], "mail:queue": [{ status: "pass" }] };
  const lying = { json: { status: "pass", checks } };
  const home = await testEnv(text, { routes: { "GET /health": lying, "GET /work": BAD, "GET /mail": GOOD } });
  const store = memoryStore();
  const options = {
    id: "local",
    region: "local",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  };
  const probers = [localProber(home.ports, options)];
  const settling = settler({ ports: home.ports, store, config: home.config, probers, owner: "a" });
  for (let minute = 0; minute < 3; minute++) {
    await settling.tick(START + minute * 60_000);
    await home.clock.advance(60_000);
  }
  const rows = (await store.readShards("all")).filter(isShard);
  const words = rows.flatMap((row) => Object.entries(decodeStates(row.state, row.shard)))
    .map(([key, { outcome }]) => [key, outcome]);
  expect(Object.fromEntries(words)).toEqual({
    "shop/whole": "drift",
    "shop/db": "not_ready",
    "shop/mail": "ready",
  });
});

test("the sources of a claim stand in the state that is kept to be shown", async () => {
  const routes = {
    "GET /actuator/health": spring("UP", "UP"),
    "GET /healthz": { status: 503 },
    "GET /work": GOOD,
  };
  const { round } = await walked(SEVERAL("any"), routes);
  expect(summarize({ slot: START, at: START }, "ready", undefined, round).before).toMatchObject({
    state: "ready",
    sources: [
      { name: "app", state: "ready", dialect: "spring", httpStatus: 200 },
      { name: "pool", state: "not_ready", dialect: "http", httpStatus: 503 },
      { name: "page", state: "unreadable", httpStatus: 404, reason: expect.any(String) },
    ],
  });
});
