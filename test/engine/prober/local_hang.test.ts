import { expect, test } from "vitest";
import type { Answer, Ports } from "../../../src/base/ports.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { localProber, type ProberOptions } from "../../../src/engine/prober/local.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { RoundResult } from "../../../src/judgement/round.ts";

const MINUTE = 60_000;
const target = (id: string, more = "") => `
  - id: ${id}
    url: https://${id}.example
    checks: [{ id: c, timeout: 5s${more}, journey: [{ request: { path: /work }, expect: body.ok == true }] }]`;

const TIMEOUT_MS = 5_000;

/**
 * A prober in a world where what `hangs` names is never answered, abort or not, until it is called for. The timers of its exchanges
 * never fire either, so that only the bound of the round is left.
 */
async function home(targets: string, hangs: (url: URL) => boolean, changes: Partial<ProberOptions> = {}) {
  const text = `version: 1\ntargets:${targets}`;
  const { ports, config, clock, network, log } = await testEnv(text, {
    routes: { "GET /work": { json: { ok: true } } },
  });
  const held: PromiseWithResolvers<Answer>[] = [];
  const fetch: Ports["fetch"] = (url, outgoing) => {
    if (!hangs(url)) return network(url, outgoing);
    const answer = Promise.withResolvers<Answer>();
    held.push(answer);
    return answer.promise;
  };
  const options = {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 1,
    controls: [],
    ...changes,
  };
  const after: Ports["clock"]["after"] = (ms, fire) => ms === TIMEOUT_MS ? () => {} : clock.after(ms, fire);
  const prober = localProber({ ...ports, clock: { ...ports.clock, after }, fetch }, options);
  const said = (answer: RoundResult) =>
    "missed" in answer ? answer.missed : answer.round.observation.failure?.reason ?? "pass";
  const ask = (n: number) =>
    prober.ask({ slot: START + n * MINUTE, checks: config.checks, deadlineMs: 50_000 });
  return {
    clock,
    held,
    log,
    ask,
    async slot(n: number): Promise<Record<string, string>> {
      const asked = ask(n);
      await clock.advance(MINUTE);
      return Object.fromEntries((await asked).answers.map((answer) => [answer.check, said(answer)]));
    },
  };
}

const isAt = (...hosts: string[]) => ({ host }: URL) => hosts.includes(host);

test("a round that never ends is missing, and its place is for others, in this slot and the next", async () => {
  const { slot, held } = await home([target("hung"), target("ok")].join(""), isAt("hung.example"));
  expect(await slot(0)).toEqual({ "hung/c": "deadline", "ok/c": "pass" });
  expect(await slot(1)).toEqual({ "hung/c": "deadline", "ok/c": "pass" });
  expect(held).toHaveLength(2);
});

test("more rounds than there are places may never end, and every other check is still walked", async () => {
  const hung = ["h0", "h1", "h2", "h3", "h4"];
  const targets = [...hung.map((id) => target(id)), target("ok")].join("");
  const { slot } = await home(targets, isAt(...hung.map((id) => `${id}.example`)), { concurrency: 2 });
  for (const n of [0, 1, 2]) expect((await slot(n))["ok/c"]).toBe("pass");
});

test("a place comes back after the deadline although the longest round would last on", async () => {
  const report = ", report: { path: /ready, timeout: 10s }";
  const long = target("hung", report).replace("timeout: 5s", "timeout: 45s");
  const { slot } = await home(long + target("ok"), isAt("hung.example"));
  expect(await slot(0)).toEqual({ "hung/c": "deadline", "ok/c": "deadline" });
  expect(await slot(1)).toEqual({ "hung/c": "deadline", "ok/c": "pass" });
});

test("a round that ends after its place was given away changes nothing and is not complained about", async () => {
  const { slot, held, log } = await home([target("hung"), target("ok")].join(""), isAt("hung.example"));
  await slot(0);
  held[0]!.reject(new Error("connection reset"));
  expect((await slot(1))["ok/c"]).toBe("pass");
  expect(log).toEqual([]);
});

test("a source that is asked beside the first gives its place back as well", async () => {
  const report = ", report: [{ name: a, path: /a }, { name: b, path: /b }]";
  const targets = [target("hung", report), target("ok")].join("");
  const { slot } = await home(targets, isAt("hung.example"), { concurrency: 2 });
  expect((await slot(0))["hung/c"]).toBe("deadline");
  expect((await slot(1))["ok/c"]).toBe("pass");
  expect((await slot(2))["ok/c"]).toBe("pass");
});

test("controls and a measured place that hang do not keep the rounds from coming home", async () => {
  const { ask, clock } = await home(
    target("down"),
    isAt("control.example"),
    { controls: ["https://control.example/"], locate: () => new Promise(() => {}) },
  );
  const asked = ask(0);
  await clock.advance(5_000);
  expect(await asked).toMatchObject({ misplaced: false, answers: [{ check: "down/c" }] });
});
