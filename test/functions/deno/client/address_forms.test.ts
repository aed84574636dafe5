/** Addresses that nobody may ask, in every form that a URL can give them, at every dialler of a round. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connector } from "../../../../functions/deno/client/mod.ts";
import { KINDS } from "../../../../functions/deno/kinds.ts";
import { sampleEvent } from "../../../../src/engine/notify/sample.ts";
import { findSink } from "../../../../src/engine/notify/sink.ts";
import { controlsAsker } from "../../../../src/engine/prober/controls.ts";
import { localProber } from "../../../../src/engine/prober/local.ts";
import { STEP_KINDS } from "../../../../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../../../../src/evidence/report/mod.ts";
import { START, testEnv } from "../../../world/test_env.ts";

const V4 = [
  "127.0.0.1",
  "127.255.255.254",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.254",
  "192.168.1.1",
  "169.254.169.254",
  "169.254.1.1",
  "100.64.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "0.0.0.0",
  "192.0.2.1",
  "198.18.0.1",
  "224.0.0.1",
  "255.255.255.255",
];
const V6 = ["::", "::1", "fc00::1", "fd00:ec2::254", "fd00:ec2::23", "fe80::1", "ff02::1", "2001:db8::1"];
const NAMES = [
  "localhost",
  "LOCALHOST",
  "api.localhost",
  "db",
  "db.internal",
  "nas.home.arpa",
  "printer.local",
]
  .concat("abc.onion", "metadata.google.internal", "metadata.goog", "localhost.", "shop.example.");

const hex = (byte: number) => byte.toString(16).padStart(2, "0");

/** WHATWG URL, "IPv4 parser"; RFC 4291 section 2.2; RFC 6052 section 2.1. */
function formsOf(address: string): string[] {
  const bytes = address.split(".").map(Number) as [number, number, number, number];
  const [a, b, c, d] = bytes;
  const whole = ((a * 256 + b) * 256 + c) * 256 + d;
  const groups = `${hex(a)}${hex(b)}:${hex(c)}${hex(d)}`;
  return [
    address,
    `${address}.`,
    String(whole),
    `0x${whole.toString(16)}`,
    `0${whole.toString(8)}`,
    bytes.map((byte) => `0x${hex(byte)}`).join("."),
    bytes.map((byte) => `0${byte.toString(8)}`).join("."),
    `${a}.${b * 65_536 + c * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    address.replaceAll(".", "%2e"),
    address.replaceAll(".", "。"),
    address.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    `[::ffff:${address}]`,
    `[::ffff:${groups}]`,
    `[0:0:0:0:0:ffff:${groups}]`,
    `[::FFFF:${groups.toUpperCase()}]`,
    `[64:ff9b::${address}]`,
    `[64:ff9b::${groups}]`,
  ];
}

const HOSTS = [...V4.flatMap(formsOf), ...V6.map((address) => `[${address}]`), ...NAMES];

let shop: Server;
beforeAll(() => {
  // Sends whoever comes to the address whose number is asked for.
  shop = createServer(({ url = "" }, response) => {
    const host = HOSTS[Number(url.slice(1))];
    response.writeHead(302, { location: encodeURI(`http://${host}/`).replaceAll("%25", "%") }).end();
  });
  return new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void shop.close());

test("are 300 forms and more, each of them a URL", () => {
  expect(HOSTS.length).toBeGreaterThan(300);
  expect(HOSTS.filter((host) => URL.parse(`http://${host}/`) === null)).toEqual([]);
});

const ONE_CHECK =
  "version: 1\ntargets: [{ id: a, url: https://a.example, checks: [{ id: c, journey: [{ expect: status == 200 }] }] }]";

/** A client that notes what is connected to; the one public name leads to the shop. */
function guarded() {
  const opened: string[] = [];
  const fetch = connector({
    allowPrivate: false,
    resolve: (host) => Promise.resolve([host === "public.example" ? "1.1.1.1" : "10.0.0.1"]),
    open: (address) => {
      opened.push(address);
      return connect((shop.address() as AddressInfo).port, "127.0.0.1");
    },
  });
  return { opened, fetch };
}

/** One round over checks of these targets; what was connected to, and what came of each. */
async function walked(targets: string[], env: Record<string, string>) {
  const text = `version: 1\ntargets:\n${targets.join("\n")}`;
  const world = await testEnv(text, { routes: {}, env });
  const { opened, fetch } = guarded();
  const prober = localProber({ ...world.ports, fetch }, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    auths: KINDS.auths,
    concurrency: 10,
    controls: [],
  });
  const { answers } = await prober.ask({ slot: START, checks: world.config.checks, deadlineMs: 50_000 });
  const rounds = answers.map((answer) => "round" in answer ? answer.round : undefined);
  return { opened, rounds };
}

test("at the report and at a step", async () => {
  const targets = HOSTS.map((_, i) =>
    `  - { id: t${i}, url: "\${env:U${i}}", checks: [{ id: c, retry: 0, report: { path: / }, journey: [{ expect: status == 200 }] }] }`
  );
  const env = Object.fromEntries(HOSTS.map((host, i) => [`U${i}`, `http://${host}`]));
  const { opened, rounds } = await walked(targets, env);
  expect(opened).toEqual([]);
  expect(rounds.map((round) => [round?.observation.failure?.reason, round?.before?.reason?.split(":")[0]]))
    .toEqual(HOSTS.map(() => ["refused", "refused"]));
});

test("behind a redirect", async () => {
  const targets = HOSTS.map((_, i) =>
    `  - { id: t${i}, url: "http://public.example", checks: [{ id: c, retry: 0, journey: [{ request: { path: /${i} }, expect: status == 200 }] }] }`
  );
  const { opened, rounds } = await walked(targets, {});
  expect(new Set(opened)).toEqual(new Set(["1.1.1.1"]));
  expect(rounds.map((round) => round?.observation.failure?.reason)).toEqual(HOSTS.map(() => "redirect"));
});

test("where a token is asked for", async () => {
  const targets = HOSTS.map((_, i) =>
    `  - { id: t${i}, url: "http://public.example", auth: { oauth2: { tokenUrl: "\${env:U${i}}", clientId: a, clientSecret: "\${env:KEY}" } }, checks: [{ id: c, retry: 0, journey: [{ expect: status == 200 }] }] }`
  );
  const env = Object.fromEntries(HOSTS.map((host, i) => [`U${i}`, `http://${host}/`]));
  const { opened, rounds } = await walked(targets, { ...env, KEY: "a-client-secret" });
  expect(opened).toEqual([]);
  expect(rounds.map((round) => round?.observation.failure?.reason)).toEqual(HOSTS.map(() => "refused"));
});

test("at a control", async () => {
  const { ports } = await testEnv(ONE_CHECK);
  const { opened, fetch } = guarded();
  const controlsPass = controlsAsker({ ...ports, fetch }, HOSTS.map((host) => `http://${host}/`));
  expect(await controlsPass(START)).toBe(false);
  expect(opened).toEqual([]);
});

test("at a receiver of notices", async () => {
  const { ports } = await testEnv(ONE_CHECK);
  const { opened, fetch } = guarded();
  const sink = findSink(KINDS.sinks, "webhook");
  const event = sampleEvent("opened");
  const secret = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
  const answers = await Promise.all(HOSTS.map((host, i) => {
    const settings = { url: `http://${host}/`, secret: [secret] };
    const message = { id: `n${i}`, body: sink.render(event, settings), event };
    return sink.deliver(message, settings, { ...ports, fetch, deadlineMs: 5_000 });
  }));
  expect(opened).toEqual([]);
  expect(answers.map(({ kind, detail }) => [kind, detail?.split(":")[0]]))
    .toEqual(HOSTS.map(() => ["unanswered", "refused"]));
});
