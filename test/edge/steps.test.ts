/** Steps that connect by themselves, by the diallers of a Worker. */
import { expect, inject, test } from "vitest";
import { clock } from "../../functions/clock.ts";
import { dialler } from "../../functions/cloudflare/dial.ts";
import { webSockets } from "../../functions/cloudflare/web_socket.ts";
import { network } from "../../functions/cloudflare/network.ts";
import { load } from "../../src/config/mod.ts";
import { walk } from "../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import type { Ports } from "../../src/base/ports.ts";
import { KINDS } from "./kinds.ts";
import type { StepPeers } from "./step_peers.ts";

const peers: StepPeers = inject("stepPeers");

const silent = () => {};
const ports: Ports = {
  clock,
  fetch: network,
  dial: dialler({ allowPrivate: true }),
  openWebSocket: webSockets({ allowPrivate: true }),
  random: Math.random,
  log: { info: silent, warn: silent, error: silent },
  secrets: { reveal: (text) => text, redact: (text) => text },
};
const run = { id: "r", slot: 0, prober: "weur", region: "eu", target: "shop", check: "c" };

/** What a step comes to that is written as in a config. */
async function taken(written: string) {
  const text = `version: 1
allowPrivate: true
regions: [{ id: eu, probers: [{ id: weur, place: weur }] }]
targets: [{ id: shop, url: http://127.0.0.1:1, checks: [{ id: c, timeout: 20s, journey: [${written}] }] }]`;
  const { config } = await load({ kind: "yaml", text }, { kinds: KINDS, runtime: "cloudflare" });
  const [check] = config.checks;
  return await walk(ports, { ...check!, baseUrl: check!.target.url }, run, { steps: STEP_KINDS });
}

test.each<[string, string]>([
  ["a banner", `{ tcp: { port: ${peers.greets} }, expect: text.startsWith('220') }`],
  ["an answer", `{ tcp: { port: ${peers.echoes}, send: "ping\\n" }, expect: text.startsWith('ping') }`],
  ["a mere connection", `{ tcp: { port: ${peers.silent} }, expect: connected }`],
  ["no more than it wants", `{ tcp: { port: ${peers.floods}, maxBytes: 8 }, expect: text == 'xxxxxxxx' }`],
  [
    "an answer about a name",
    `{ dns: { name: shop.example, server: "http://127.0.0.1:${peers.doh}/dns-query" }, expect: "records == ['203.0.113.7'] && ttl == 60" }`,
  ],
  [
    "a burst",
    `{ burst: { requests: 12 }, request: { path: "http://127.0.0.1:${peers.doh}/" }, expect: ok == 12 && connections == 5 }`,
  ],
  [
    "a WebSocket",
    `{ websocket: { send: ping, messages: 2 }, request: { path: "http://127.0.0.1:${peers.chat}/" }, expect: "messages == ['hello', 'ping']" }`,
  ],
])("a step takes %s", async (_, written) => {
  expect((await taken(written)).failure).toBeUndefined();
});

test.each<[string, string, string]>([
  ["nobody listens", `{ tcp: { port: ${peers.nobody} }, expect: connected }`, "network"],
  ["nothing is said", `{ tcp: { port: ${peers.silent} }, timeout: 300ms, expect: text == 'a' }`, "timeout"],
  ["the server closes at once", `{ tcp: { port: ${peers.closes} }, expect: text == 'a' }`, "expectation"],
  [
    "an answer is no WebSocket",
    `{ websocket: {}, request: { path: "http://127.0.0.1:${peers.doh}/" }, expect: text == 'a' }`,
    "body",
  ],
])("a step fails where %s", async (_, written, reason) => {
  expect(await taken(written)).toMatchObject({ outcome: "fail", failure: { reason } });
});
