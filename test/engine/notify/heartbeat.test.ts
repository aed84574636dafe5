/** Who hears after each settled slot, on a virtual clock and a network by script. */
import { describe, expect, test } from "vitest";
import { heartbeat } from "../../../src/engine/notify/heartbeat.ts";
import { settler } from "../../../src/engine/settler/settler.ts";
import type { Route } from "../../world/network.ts";
import { settlerFixture, threeRegions } from "../../world/settler_fixture.ts";
import { START } from "../../world/test_env.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const SECRET = "0f6c1c9a-secret-of-the-monitor";
const RECEIVER = `GET https://hc.example/${SECRET}`;

/** A house with a heartbeat; `beats` are the seconds at which its receiver was asked. */
async function beating(route: Route, { every = "1m", turns = 1 } = {}) {
  const text = threeRegions([
    ["version: 1", `version: 1\nheartbeat: { url: "https://hc.example/\${env:HC_ID}", every: ${every} }`],
    ["turns: 1", `turns: ${turns}`],
  ]);
  const beats: number[] = [];
  const routes: Record<string, Route> = {};
  const env = { PROBER_TOKEN: "tok-of-the-prober", HOOK_SECRET: "whsec_x", HC_ID: SECRET };
  const world = await settlerFixture(text, { env, routes });
  const { clock, ports, config } = world;
  const answers = Array.isArray(route) ? [...route] : [route];
  routes[RECEIVER] = () => {
    beats.push((clock.now() - START) / SECOND);
    return answers.length > 1 ? answers.shift() as never : answers[0] as never;
  };
  const beat = heartbeat(ports, config)!;
  const { tick } = settler({
    ...world,
    probers: world.script.probers,
    owner: "c",
    onCommit: (_, at) => void beat(at),
  });
  return {
    ...world,
    beats,
    beat,
    async runMinutes(count: number) {
      for (let n = 0; n < count; n++) {
        const minuteMs = Math.floor(clock.now() / MINUTE) * MINUTE;
        void tick(minuteMs);
        await clock.advance(minuteMs + MINUTE - clock.now());
      }
    },
    said: () => world.log.filter(({ message }) => message.includes("heartbeat")),
  };
}

describe("a heartbeat", () => {
  test.each([
    ["each minute, one turn", { every: "1m", turns: 1 }, [0, 60, 120, 180]],
    ["each minute, three turns", { every: "1m", turns: 3 }, [0, 60, 120, 180]],
    ["every twenty seconds, three turns", { every: "20s", turns: 3 }, [
      ...[0, 20, 40, 60, 80, 100],
      ...[120, 140, 160, 180, 200, 220],
    ]],
    ["every two minutes", { every: "2m", turns: 1 }, [0, 120]],
  ])("%s: after settled slots, and no more often", async (_, settings, seconds) => {
    const { beats, runMinutes, said } = await beating({ status: 200 }, settings);
    await runMinutes(4);
    expect(beats).toEqual(seconds);
    expect(said()).toEqual([]);
  });

  test("nothing settled is silence", async () => {
    const { beats, clock } = await beating({ status: 200 });
    await clock.advance(10 * MINUTE);
    expect(beats).toEqual([]);
  });

  test("a failure is said once, and again when it works; nothing shows the secret", async () => {
    const bad = { status: 404, body: `no check ${SECRET}` };
    const { runMinutes, said, log } = await beating([
      { status: 204 },
      bad,
      new Error(`refused https://hc.example/${SECRET}`),
      bad,
      { status: 200 },
    ]);
    await runMinutes(6);
    expect(said()).toEqual([
      {
        level: "warn",
        message: "heartbeat failing",
        fields: { receiver: "https://hc.example", detail: "answered 404: no check ***" },
      },
      {
        level: "info",
        message: "heartbeat recovered",
        fields: { receiver: "https://hc.example" },
      },
    ]);
    expect(JSON.stringify(log)).not.toContain(SECRET);
  });

  test("a receiver that is silent is asked again only when that request is over", async () => {
    const { beats, beat, clock, said } = await beating("hang", { every: "10s" });
    for (const second of [0, 3, 6, 9, 11]) {
      await clock.advance(START + second * SECOND - clock.now());
      void beat(START + second * 4 * SECOND);
      await clock.advance(0);
    }
    expect(beats).toEqual([0, 11]);
    expect(said()).toMatchObject([{ level: "warn", fields: { detail: expect.stringContaining("timeout") } }]);
  });

  test("a clock that was set back does not silence it", async () => {
    const { beats, beat, clock } = await beating({ status: 200 });
    for (const at of [START, START + MINUTE, START - 60 * MINUTE, START - 59 * MINUTE]) {
      void beat(at);
      await clock.advance(SECOND);
    }
    expect(beats).toHaveLength(4);
  });
});

test("a config without one has none", async () => {
  const { ports, config } = await settlerFixture();
  expect(heartbeat(ports, config)).toBeUndefined();
});
