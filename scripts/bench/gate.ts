import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchRow } from "./table.ts";

const CHECKS = 1_000;
const CLIENTS = 100;
const TURNS = 5;
const TURN_MS = 1_000;
const WARM_UP_MS = 1_000;
/** Not counted at the start of a turn, because one-second caches have expired during the other turns. */
const RAMP_MS = 500;
const TOKEN = "tok-of-the-bench";
const SERVER = fileURLToPath(new URL("gate_server.ts", import.meta.url));

/** A kind of request; `path` returns the path of request `n`. */
interface ClientRequest {
  port: number;
  path(n: number): string;
  headers: string;
}

/**
 * p99 latency of a gate and of the status with 100 clients, 1,000 checks and 7 regions, compared with a bare
 * hono "hello" in the same process.
 */
export async function benchGates(): Promise<BenchRow[]> {
  const folder = await Deno.makeTempDir({ prefix: "assay-bench-" });
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", SERVER, join(folder, "assay.db"), String(CHECKS)],
    env: { TOKEN },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const ports = JSON.parse(await firstLine(server.stdout));
    const auth = `Authorization: Bearer ${TOKEN}\r\n`;
    const hello: ClientRequest = { port: ports.bare, path: () => "/", headers: "" };
    const gate: ClientRequest = { port: ports.gates, path: (n) => `/v1/gates/t${n % CHECKS}`, headers: auth };
    const status: ClientRequest = { port: ports.gates, path: () => "/v1/status", headers: "" };
    const found = await inTurns([hello, gate, status]);
    const [base, gated, listed] = found.map((times) => percentile(times, 0.99));
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    const beside = `100 clients, 1,000 checks x 7 regions, ${found[1]!.length} gates asked`;
    return [
      { what: `p99 of a bare hono "hello", 100 clients`, result: ms(base!), aim: "" },
      {
        what: `p99 of a gate, ${beside}`,
        result: `${ms(gated!)}, ${(gated! / base!).toFixed(2)} x hello`,
        aim: "<= 3 x",
      },
      {
        what: "p99 of GET /v1/status for the public, the same",
        result: `${ms(listed!)}, ${(listed! / base!).toFixed(1)} x hello`,
        aim: "",
      },
    ];
  } finally {
    server.kill("SIGKILL");
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * The latencies (ms) of each kind of request, measured in turns of a second, so that other load affects them
 * alike.
 */
async function inTurns(asks: ClientRequest[]): Promise<number[][]> {
  const times = asks.map((): number[] => []);
  for (const ask of asks) await measureLoad(ask, WARM_UP_MS);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, ask] of asks.entries()) times[i]!.push(...await measureLoad(ask, TURN_MS));
  }
  return times;
}

/**
 * Runs 100 connections with one request at a time each. Requests of the first half second are not counted.
 */
async function measureLoad(ask: ClientRequest, forMs: number): Promise<number[]> {
  const times: number[] = [];
  const from = performance.now() + RAMP_MS;
  const until = from + forMs;
  let n = 0;
  const client = async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: ask.port });
    const buffer = new Uint8Array(1 << 18);
    while (performance.now() < until) {
      const request = encoder.encode(`GET ${ask.path(n++)} HTTP/1.1\r\nHost: bench\r\n${ask.headers}\r\n`);
      const began = performance.now();
      await connection.write(request);
      await readAnswer(connection, buffer);
      if (began > from) times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return times;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const HEAD_BYTES = 4_096;

/** Reads one whole response. Throws unless it is a 200 with a content-length. */
async function readAnswer(connection: Deno.Conn, buffer: Uint8Array): Promise<void> {
  let [got, whole] = [0, Infinity];
  while (got < whole) {
    const read = await connection.read(buffer.subarray(Math.min(got, HEAD_BYTES)));
    if (read === null) throw new Error("the server closed the connection");
    got += read;
    if (whole < Infinity) continue;
    const text = decoder.decode(buffer.subarray(0, Math.min(got, HEAD_BYTES)));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
    if (!text.startsWith("HTTP/1.1 200 ") || length === undefined) {
      throw new Error(`Not a 200: ${text.slice(0, 300)}`);
    }
    whole = end + 4 + Number(length);
  }
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("The server of the bench exited");
    text += value;
  }
  return text.split("\n")[0]!;
}

if (import.meta.main) {
  for (const { what, result } of await benchGates()) {
    console.log(`${what}: ${result}`);
  }
}
