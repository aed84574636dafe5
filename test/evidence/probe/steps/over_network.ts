import { dialler } from "../../../../functions/deno/client/dialler.ts";
import type { ConnectorOptions } from "../../../../functions/deno/client/mod.ts";
import { connector } from "../../../../functions/deno/client/mod.ts";
import { webSockets } from "../../../../functions/deno/client/web_socket.ts";
import { walk } from "../../../../src/evidence/probe/journey.ts";
import { AUTH_KINDS } from "../../../../src/evidence/probe/auth/mod.ts";
import { STEP_KINDS } from "../../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../../world/clock.ts";
import { ports, run, stepOf } from "../steps.ts";

/** How a step is taken over real connections. */
export interface NetworkOptions extends Partial<ConnectorOptions> {
  /** Of the target. */
  port?: number;
  timeoutMs?: number;
  /** What `${env:NAME}` stands for, beside a token. */
  secrets?: Record<string, string>;
}

/** Begins a step as a config writes it, at a target on loopback; its time passes only as the test lets it. */
export async function take(
  written: string,
  { port = 1, timeoutMs = 1_000, secrets, ...options }: NetworkOptions,
) {
  const step = { ...await stepOf(written, { allowPrivate: true }), timeoutMs };
  const clock = steppingClock(Date.now()); // certificates are made for now
  const open = { allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ...options };
  const own = {
    ...ports(connector(open), clock, { TOKEN: "s3cret", ...secrets }),
    dial: dialler(open),
    openWebSocket: webSockets(open),
  };
  const baseUrl = `http://shop.example:${port}`;
  const seen = walk(own, { baseUrl, journey: [step], cleanup: [], timeoutMs: 10_000 }, run, {
    steps: STEP_KINDS,
    auths: AUTH_KINDS,
  });
  return { clock, seen };
}

/** What a step comes to that needs no time to pass. */
export const taken = async (written: string, options: NetworkOptions) =>
  await (await take(written, options)).seen;

/** What a step comes to once its time is over, which it is when `reached` resolves. */
export async function overdue(written: string, reached: Promise<void>, options: NetworkOptions) {
  const { clock, seen } = await take(written, options);
  await reached;
  await clock.advance(options.timeoutMs ?? 1_000);
  return await seen;
}
