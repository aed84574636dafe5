/**
 * Plays one product from a cold start: breaks each state, waits for Assay's verified webhook, and mends it.
 */
import { freePorts } from "../experiment/ports.ts";
import { type Product, shell, type State } from "./product.ts";
import { type Event, startWatch, type Watch } from "./watch.ts";

/** What was observed of one state. */
export interface Played {
  product: string;
  version: string;
  state: State;
  /** The start of its own endpoint's response while it was broken. */
  claimed: string;
  /** The incident's summary: why the journey failed. */
  observed: string;
  verdict: string;
  /** Seconds from the break to the verified webhook, and from the mend to the verified recovery. */
  openedS: number;
  resolvedS: number;
}

/** Limit for a cold start, including boot. */
const READY_MS = 120_000;
const WEBHOOK_MS = 90_000;
const CLAIM_CHARACTERS = 160;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Starts the product and Assay, and plays its states in order. Throws, naming the state, if a webhook does
 * not arrive.
 */
export async function* play(product: Product): AsyncGenerator<Played> {
  const folder = await Deno.makeTempDir({ prefix: `assay-${product.id}-` });
  const ports = freePorts(4);
  const env = { DIR: folder, ...Object.fromEntries(ports.map((port, i) => [`P${i + 1}`, String(port)])) };
  try {
    const version = firstLine(await shell(product.id, "version", env));
    await shell(product.id, "start", env);
    const own = { PRODUCT: `127.0.0.1:${ports[0]}`, ...readLines(await shell(product.id, "env_more", env)) };
    const watch = await startWatch(product.id, product.config, own);
    try {
      await untilReady(watch);
      for (const state of product.states) {
        yield { product: product.id, version, state, ...await playState({ product, env, watch, state }) };
      }
    } finally {
      await watch.stop();
    }
  } finally {
    await shell(product.id, "stop_all", env).catch((error) => console.error(String(error)));
    await Deno.remove(folder, { recursive: true });
  }
}

interface Stage {
  product: Product;
  env: Record<string, string>;
  watch: Watch;
  state: State;
}

type Seen = Pick<Played, "claimed" | "observed" | "verdict" | "openedS" | "resolvedS">;

async function playState({ product, env, watch, state }: Stage): Promise<Seen> {
  const check = state.check ?? (await watch.checks())[0]!.id;
  const about = (type: string) => (event: Event) => event.type === type && event.data.check.id === check;
  const brokenAt = performance.now();
  await shell(product.id, `break_${state.name}`, env);
  const opened = await watch.event(about("incident.opened"), brokenAt, WEBHOOK_MS).catch(
    named(product, state),
  );
  const claimed = await shell(product.id, `claim ${check}`, env);
  const verdict = (await watch.checks()).find(({ id }) => id === check)!.outcome;
  const mendedAt = performance.now();
  await shell(product.id, `mend_${state.name}`, env);
  const resolved = await watch.event(about("incident.resolved"), mendedAt, WEBHOOK_MS).catch(
    named(product, state),
  );
  await untilReady(watch);
  return {
    claimed: claimed.trim().slice(0, CLAIM_CHARACTERS),
    observed: opened.event.data.summary,
    verdict,
    openedS: (opened.atMs - brokenAt) / 1_000,
    resolvedS: (resolved.atMs - mendedAt) / 1_000,
  };
}

const named = ({ id }: Product, { name }: State) => (error: Error) => {
  throw new Error(`${id}, ${name}: ${error.message}`);
};

/** Waits until every check of the product is ready. Throws with their outcomes if that takes too long. */
async function untilReady(watch: Watch): Promise<void> {
  const until = performance.now() + READY_MS;
  for (;;) {
    const checks = await watch.checks();
    if (checks.every(({ outcome }) => outcome === "ready")) return;
    const now = checks.map(({ id, outcome }) => `${id} ${outcome}`).join(", ");
    if (performance.now() > until) throw new Error(`not ready within ${READY_MS / 1_000} s: ${now}`);
    await sleep(200);
  }
}

const firstLine = (text: string) => text.trim().split("\n")[0]!;

/** Parses lines of NAME=value. */
function readLines(text: string): Record<string, string> {
  const lines = text.trim().split("\n").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
