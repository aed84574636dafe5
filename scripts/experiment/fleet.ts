/**
 * The replicas behind the proxy, and one step of a rollout: out of rotation, change, decision, back in
 * rotation.
 */
import { type Arm, asksAssay } from "./arms.ts";
import { FLEET, FLEET_GATE, startAssay, waitForGate } from "./assay.ts";
import { CONSTANTS } from "./constants.ts";
import { freePorts } from "./ports.ts";
import { type Child, startScript } from "../bench/processes.ts";
import { type Proxy, startProxy } from "./proxy.ts";

const script = (file: string) => new URL(file, import.meta.url).pathname;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The release that a replica runs. */
export interface Release {
  release: string;
  broken: boolean;
}

const FIRST: Release = { release: "1", broken: false };

/** A service with several replicas, its store, its proxy and, if the arm uses it, Assay. */
export interface Fleet {
  /** Names of the initial replicas, and of as many spare ones. */
  names: string[];
  spares: string[];
  /** The URL for clients. */
  url: string;
  /** Changes these replicas together. Returns false if they did not pass in time. */
  step(names: readonly string[], change: (name: string) => Promise<void>): Promise<boolean>;
  /** Removes a replica for good. */
  remove(name: string): Promise<void>;
  restart(name: string, release: Release): Promise<void>;
  /** Makes a replica load its config and cache again, while it keeps listening. */
  reload(name: string): Promise<void>;
  /** Makes the store answer 503 for a time. */
  loseStore(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts everything. Resolves once every replica serves and, for arms with a gate, the first one has passed
 * it.
 */
export async function startFleet(arm: Arm, scale: number): Promise<Fleet> {
  const folder = await Deno.makeTempDir({ prefix: "assay-experiment-" });
  const { replicas } = CONSTANTS;
  const all = Array.from({ length: 2 * replicas }, (_, i) => `r${i + 1}`);
  const [proxyPort, ...ports] = freePorts(all.length + 1) as [number, ...number[]];
  const portOf = (name: string) => ports[all.indexOf(name)]!;
  const store = await startScript(script("store.ts"), ["--scale", String(scale)]);
  const storeUrl = `http://127.0.0.1:${store.port}`;
  const running = new Map<string, Child>();

  const start = async (name: string, { release, broken }: Release) => {
    const args = ["--port", String(portOf(name)), "--store", storeUrl, "--readyz", arm.readyz];
    args.push("--release", release, ...broken ? ["--broken"] : []);
    running.set(name, await startScript(script("replica.ts"), args));
  };
  const stop = async (name: string) => {
    await running.get(name)?.stop();
    running.delete(name);
  };

  const names = all.slice(0, replicas);
  await Promise.all(names.map((name) => start(name, FIRST)));
  const targets = [...all.map((id) => ({ id, port: portOf(id) })), { id: FLEET, port: proxyPort }];
  const assay = asksAssay(arm) ? await startAssay(folder, targets) : undefined;
  const proxy = await startProxy(arm, {
    folder,
    port: proxyPort,
    servers: all.map((name) => ({ name, port: portOf(name), spare: !names.includes(name) })),
    fleetGate: assay && { port: assay.port, path: FLEET_GATE },
  });
  await Promise.all(names.map((name) => untilServes(portOf(name))));
  const decide = decider(arm, proxy, assay);
  if (arm.gate) await decide(names[0]!, 60_000);

  return {
    names,
    spares: all.slice(replicas),
    url: `http://127.0.0.1:${proxyPort}`,
    async step(some, change) {
      await Promise.all(some.map((name) => proxy.set(name, "drain")));
      await sleep(CONSTANTS.drainMs);
      await Promise.all(some.map(change));
      const passed = await Promise.all(some.map((name) => decide(name, CONSTANTS.stepDeadlineMs)));
      if (passed.includes(false)) return false;
      await Promise.all(some.map((name) => proxy.set(name, "ready")));
      return true;
    },
    async remove(name) {
      await proxy.set(name, "drain");
      await sleep(CONSTANTS.drainMs);
      await proxy.set(name, "maint");
      await stop(name);
    },
    async restart(name, release) {
      await stop(name);
      await start(name, release);
    },
    reload: (name) => post(`http://127.0.0.1:${portOf(name)}/reload`),
    loseStore: (ms) => post(`${storeUrl}/away?ms=${ms}`),
    async stop() {
      await proxy.stop();
      await Promise.all([...running.values(), store, ...assay ? [assay] : []].map((child) => child.stop()));
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/**
 * Returns a function that resolves to true once the arm lets a changed replica serve, or to false after
 * `withinMs`.
 */
function decider(arm: Arm, proxy: Proxy, assay: Child | undefined) {
  return async (name: string, withinMs: number): Promise<boolean> => {
    if (arm.gate) return await waitForGate(assay!.port, name, withinMs);
    const until = performance.now() + withinMs;
    // Wait until HAProxy's check has seen the change.
    await sleep(CONSTANTS.check.interMs * (CONSTANTS.check.rise + CONSTANTS.check.fall));
    while (!await proxy.isUp(name)) {
      if (performance.now() > until) return false;
      await sleep(50);
    }
    return true;
  };
}

async function untilServes(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/items/7`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await sleep(50);
  }
}

async function post(url: string): Promise<void> {
  const answer = await fetch(url, { method: "POST" });
  await answer.body?.cancel();
}
