/**
 * The demo: a shop that reports ready while it is not, three prober processes in three regions, and a
 * receiver that verifies every webhook with an independent library. `--once` plays the scenario and exits 0
 * only if every expected event was seen. With `--push` the claim is the service's systemd status, pushed by
 * `assay push`.
 */
import { slackHandler, webhookHandler } from "./hook.ts";
import { type Shop, shop } from "./shop.ts";
import { startUnit } from "./unit.ts";

const REGIONS = ["fra", "iad", "sin"];
const TOKEN = "demo-operator-token";
const SECRET = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
const SCENARIO_MS = 240_000;
const once = Deno.args.includes("--once");
const pushed = Deno.args.includes("--push");
const CLAIM = pushed ? 'push: { token: "${env:UNIT_TOKEN}", ttl: 30s }' : "path: /readyz";
const SAYS = pushed ? "its unit is active" : "/readyz says ready";
const began = performance.now();

const config = `
version: 1
publicUrl: http://127.0.0.1
store: { memory: {} }
api: { token: "\${env:ASSAY_TOKEN}" }
allowPrivate: true
regions:
${
  REGIONS.map((id) =>
    `  - { id: ${id}, probers: [{ id: ${id}1, url: "\${env:PROBER_${id.toUpperCase()}}", token: "\${env:PROBER_TOKEN}" }] }`
  ).join("\n")
}
targets:
  - id: shop
    name: Demo shop
    url: "\${env:SHOP_URL}"       # each region reaches its nearest replica
    checks:
      - id: orders
        contract: An order placed can be read back as accepted within a second.
        every: 3s
        flapWindow: 1s         # else a second break would be a new episode of the same incident, which takes minutes to resolve
        timeout: 2500ms
        report: { ${CLAIM} }
        journey:
          - name: place an order
            request: { method: POST, path: /orders, json: { sku: canary, ref: "{{ run.id }}" } }
            expect: ["status == 201", "body.id.matches('^ord_[0-9]+$')"]
            capture: { order: body.id }
          - name: read it back
            request: { path: "/orders/{{ captures.order }}" }
            expect: ["status == 200", "body.state == 'accepted'"]
            until: { every: 200ms, within: 1s }
        cleanup:
          - name: cancel it
            request: { method: DELETE, path: "/orders/{{ captures.order }}" }
            expect: ["status in [204, 404]"]
webhooks:
  - { id: oncall, url: "\${env:ONCALL_URL}", secret: "\${env:ONCALL_SECRET}" }
  - { id: chat, kind: slack, url: "\${env:CHAT_URL}" }
routes:
  - { match: { family: [service] }, sinks: [chat], groupBy: ["..."] }
`;

/** What the scenario must show; each is set when it was observed. */
const seen = {
  ready: false,
  driftInOneRegion: false,
  driftInTwoRegions: false,
  driftInThreeRegions: false,
  quorum: false,
  openedVerified: false,
  recovery: false,
  resolvedVerified: false,
  chatTold: false,
};

function say(who: string, what: string) {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${who.padEnd(8)} ${what}`);
}

const CHAT_PATH = "/services/T0/B0/chat";

/** Receives the webhooks and the Slack messages on a free port. */
function receiver() {
  const answer = webhookHandler(SECRET, (line, event) => {
    say("webhook", line);
    if (event?.type === "incident.opened" && event.data.incident.kind === "drift") seen.openedVerified = true;
    if (event?.type === "incident.resolved") seen.resolvedVerified = true;
  });
  const chat = slackHandler((line) => {
    say("slack", line);
    if (line.startsWith("RESOLVED")) seen.chatTold = true;
  });
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => (new URL(request.url).pathname === CHAT_PATH ? chat : answer)(request),
  );
}

/** Runs `assay start` in a child process; resolves with its port once it listens. */
async function spawn(file: string, env: Record<string, string>, prober?: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      new URL("../cli/assay.ts", import.meta.url).pathname,
      "start",
      file,
      "--port",
      "0",
    ]
      .concat(prober ? ["--prober", prober] : []),
    env,
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream());
  const listening = Promise.withResolvers<number>();
  (async () => {
    let text = "";
    for await (const chunk of lines) {
      text += chunk;
      const port = /"message":"(?:assay|prober) started".*?"port":(\d+)/.exec(text)?.[1];
      if (port) listening.resolve(Number(port));
      for (const line of chunk.split("\n")) if (line.includes('"level":"error"')) console.error(line);
    }
    listening.reject(new Error(`a process exited before it listened:\n${text}`));
  })();
  return { child, port: await listening.promise };
}

interface Status {
  targets: { checks: { outcome: string; regions: { id: string; outcome: string }[] }[] }[];
}

/** Follows the status API and prints each change. */
async function follow(url: string, signal: AbortSignal) {
  let before = "";
  while (!signal.aborted) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
    const { outcome, regions } = (await answer.json() as Status).targets[0]!.checks[0]!;
    const drifting = regions.filter((region) => region.outcome === "drift").length;
    const now = `${outcome}: ${regions.map((region) => `${region.id} ${region.outcome}`).join(", ")}`;
    if (now !== before) say("assay", now);
    before = now;
    if (outcome === "ready" && drifting === 0) seen[seen.quorum ? "recovery" : "ready"] = true;
    if (drifting === 1) seen.driftInOneRegion = true;
    if (drifting === 2) seen.driftInTwoRegions = true;
    if (drifting === 3) seen.driftInThreeRegions = true;
    if (outcome === "drift") seen.quorum = true;
    await sleep(200);
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean) {
  while (!holds()) {
    if (once && performance.now() - began > SCENARIO_MS) throw new Error("the scenario took too long");
    await sleep(100);
  }
}

/**
 * A rolling deploy: one replica after the other reports ready while its worker lags. Then the workers catch
 * up.
 */
async function playScenario(shops: Shop[]) {
  await until(() => seen.ready);
  say("shop", `serves orders, and ${SAYS}`);
  const steps = [() => seen.driftInOneRegion, () => seen.driftInTwoRegions, () => seen.driftInThreeRegions];
  for (const [i, replica] of shops.entries()) {
    replica.deploy();
    say("shop", `deploys to ${REGIONS[i]}: ${SAYS} at once, the order worker has not caught up`);
    await until(steps[i]!);
  }
  await until(() => seen.quorum && seen.openedVerified);
  say("shop", "the order workers catch up");
  for (const replica of shops) replica.catchUp();
  await until(() => seen.recovery && seen.resolvedVerified && seen.chatTold);
}

/** Breaks or repairs all replicas. */
function change(breaks: boolean): void {
  for (const replica of shops) breaks ? replica.deploy() : replica.catchUp();
  say("shop", breaks ? `deploys everywhere: ${SAYS}, the order workers lag` : "the order workers catch up");
}

/** Reads `b` (break) and `m` (mend): single keys on a terminal, lines elsewhere. */
async function readKeys(): Promise<void> {
  if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(true, { cbreak: true });
  for await (const bytes of Deno.stdin.readable) {
    for (const key of new TextDecoder().decode(bytes)) if (key === "b" || key === "m") change(key === "b");
  }
}

// The buttons on the first replica's page control all replicas.
const shops: Shop[] = REGIONS.map((_, i) => shop(0, {}, i === 0 ? change : undefined));
const hooks = receiver();
const folder = await Deno.makeTempDir({ prefix: "assay-demo-" });
const file = `${folder}/assay.yaml`;
await Deno.writeTextFile(file, config);
const secrets = {
  ASSAY_TOKEN: TOKEN,
  PROBER_TOKEN: "demo-prober-token",
  UNIT_TOKEN: "demo-token-of-the-unit",
  ONCALL_SECRET: SECRET,
};
const env = (shopUrl: string) => ({
  ...secrets,
  SHOP_URL: shopUrl,
  ONCALL_URL: `http://127.0.0.1:${hooks.addr.port}/`,
  CHAT_URL: `http://127.0.0.1:${hooks.addr.port}${CHAT_PATH}`,
  ...Object.fromEntries(REGIONS.map((id) => [`PROBER_${id.toUpperCase()}`, "http://127.0.0.1:1"])),
});

const children: Deno.ChildProcess[] = [];
const stopped = new AbortController();
let code = 0;
const stop = async () => {
  stopped.abort();
  for (const child of children) {
    try {
      child.kill("SIGTERM");
    } catch { /* it has already exited */ }
  }
  await Promise.all(children.map((child) => child.status));
  await Promise.all([hooks.shutdown(), ...shops.map((replica) => replica.close())]);
  await Deno.remove(folder, { recursive: true });
  Deno.exit(code);
};
Deno.addSignalListener("SIGINT", () => void stop());
Deno.addSignalListener("SIGTERM", () => void stop());

try {
  say("demo", "starting three shops, three prober processes and Assay");
  const probers = await Promise.all(REGIONS.map((id, i) => spawn(file, env(shops[i]!.url), `${id}1`)));
  children.push(...probers.map(({ child }) => child));
  const ports = Object.fromEntries(
    probers.map(({ port }, i) => [`PROBER_${REGIONS[i]!.toUpperCase()}`, `http://127.0.0.1:${port}`]),
  );
  const main = await spawn(file, { ...env(shops[0]!.url), ...ports });
  children.push(main.child);
  const origin = `http://127.0.0.1:${main.port}`;
  let isActive = !pushed;
  if (pushed) {
    const onLine = ({ message, state, dialect }: Record<string, unknown>) => {
      say("unit", `${message} ${state}${dialect ? ` (${dialect})` : ""}`);
      isActive ||= message === "pushed" && state === "ready";
    };
    children.push(startUnit({ url: origin, folder, env: secrets, onLine }));
  }
  const url = `${origin}/v1/status`;
  say("demo", `the page, where one button signs in: ${origin}/login#${TOKEN}`);
  say("demo", `the status API: curl -H 'authorization: Bearer ${TOKEN}' ${url}`);
  await until(() => isActive);
  const following = follow(url, stopped.signal).catch((error) => {
    if (!stopped.signal.aborted) throw error;
  });
  await Promise.race([playScenario(shops), following]);
  const missing = Object.entries(seen).filter(([, was]) => !was).map(([name]) => name);
  code = missing.length > 0 ? 1 : 0;
  say(
    "demo",
    code ? `not seen: ${missing.join(", ")}` : "drift, quorum, verified webhooks and recovery were all seen",
  );
  if (!once) {
    say("demo", `b breaks the shop again, m mends it, here or at ${shops[0]!.url}; Ctrl-C ends the demo`);
    await readKeys();
    await new Promise(() => {});
  }
} catch (error) {
  code = 1;
  say("demo", `failed: ${(error as Error).message}`);
}
await stop();
