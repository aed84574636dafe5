/** A real redis-server behind the gateway on a free port of loopback, with faults that a test may ask for. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clock } from "../../../functions/clock.ts";
import { type Gateway, gateway } from "../../../scripts/redis/gateway.ts";
import {
  type Connection,
  connection,
  isInstalled,
  REDIS_INSTALL,
  redisServer,
} from "../../../scripts/redis/server.ts";
import type { Store } from "../../../src/storage/store.ts";
import { type StoreOptions, upstashStore } from "../../../src/storage/upstash/store.ts";

/** Why a test that needs a Redis cannot run here; on CI it runs, and fails. */
export const MISSING = isInstalled() || Deno.env.get("CI")
  ? undefined
  : `redis-server is missing. To install it: ${REDIS_INSTALL}`;

/** The name of a test that needs a Redis; where it is skipped, with the reason. */
export const titleOf = (name: string): string => MISSING ? `${name} [${MISSING}]` : name;

/** One REST request as the gateway is about to see it. */
export interface RestRequest {
  path: string;
  /** The command's name, and its arguments. */
  command: string[];
  headers: Headers;
}

/** What becomes of a request: its answer, made of the gateway's own if it asks for that. */
export type Fault = (asked: RestRequest, pass: () => Promise<Response>) => Promise<Response> | Response;

/** A running Redis. */
export interface Redis {
  url: string;
  token: string;
  readToken: string;
  gateway: Gateway;
  /** Past the gateway. */
  raw: Connection;
  /** Decides on every request; none: all pass. */
  fault: Fault | undefined;
  /** A store under a prefix of its own, unless it is told one. */
  store(more?: Partial<StoreOptions>): Store;
  /** Kills the server and starts it again on the same data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

let prefixes = 0;

/** Starts one; `appendOnly` loses no answered write when it is restarted. */
export async function redis({ appendOnly = false } = {}): Promise<Redis> {
  if (!isInstalled()) throw new Error(`redis-server is missing. To install it: ${REDIS_INSTALL}`);
  const dir = mkdtempSync(join(tmpdir(), "assay-redis-"));
  const [token, readToken] = ["all-token", "read-token"];
  let server = redisServer({ dir, appendOnly });
  const open = () => gateway({ socket: server.socket, token, readToken });
  const own: { gateway: Gateway; raw: Connection } = {
    gateway: await open(),
    raw: await connection(server.socket),
  };
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (!here.fault) return await here.gateway.fetch(request);
    const { url, method, headers } = request;
    const body = await request.text();
    const pass = () => here.gateway.fetch(new Request(url, { method, headers, body: body || null }));
    return await here.fault(
      { path: new URL(url).pathname, command: body ? JSON.parse(body) : [], headers },
      pass,
    );
  });
  const url = `http://127.0.0.1:${http.addr.port}`;
  const here: Redis = {
    ...own,
    ...{ url, token, readToken, fault: undefined },
    store: (more) => {
      const prefix = `test${prefixes++}`;
      return upstashStore({ url, token, clock, random: Math.random, prefix, timeoutMs: 10_000, ...more });
    },
    async restart() {
      server.kill("SIGKILL");
      await server.ended;
      await here.gateway.close();
      here.raw.destroy();
      server = redisServer({ dir, appendOnly });
      here.gateway = await open();
      here.raw = await connection(server.socket);
    },
    async close() {
      await here.gateway.close();
      here.raw.destroy();
      server.kill("SIGKILL");
      await Promise.all([server.ended, http.shutdown()]);
      rmSync(dir, { recursive: true });
    },
  };
  return here;
}
