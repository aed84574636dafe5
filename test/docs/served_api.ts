/** The API of the docs' examples on loopback: target `shop`, check `orders`, in an incident. */
import { FILES } from "../../functions/deno/files.ts";
import { thresholdHint } from "../../src/storage/history/threshold_hint.ts";
import { api } from "../../src/web/app.ts";
import { appliedReload } from "../world/applied_reload.ts";
import { settlerFixture, threeRegions } from "../world/settler_fixture.ts";

/** The token of the demo. */
export const API_TOKEN = "demo-operator-token";

/** The served API. */
export interface ServedApi {
  url: string;
  close(): Promise<void>;
}

const CONFIG = threeRegions([
  ["version: 1", 'version: 1\napi: { token: "${env:ASSAY_TOKEN}" }'],
  [
    "{ id: read, turns: 1, confirm: 0, report: { path: /readyz },",
    '{ id: orders, turns: 1, confirm: 0, report: [{ name: http, path: /readyz }, { name: unit, push: { ttl: 90s, token: "${env:UNIT_TOKEN}" } }],',
  ],
  ["id: ops,", "id: oncall,"],
]);

const MINUTES = 6;

/** Serves it, after three good minutes and three in which the shop overclaims. */
export async function serveApi(): Promise<ServedApi> {
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 - MINUTES * 60_000;
  const env = {
    ASSAY_TOKEN: API_TOKEN,
    UNIT_TOKEN: API_TOKEN,
    PROBER_TOKEN: "tok-of-the-prober",
    HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  };
  const own = await settlerFixture(CONFIG, { env, startMs });
  await own.runMinutes(MINUTES / 2);
  own.script.set("drift", undefined, "shop/orders");
  await own.runMinutes(MINUTES / 2);
  // What a command pushes is of the present, however long those before it took.
  const clock = { ...own.clock, now: () => Date.now() };
  const app = api({
    ...own,
    ports: { ...own.ports, clock },
    runCheck: own.settler.probeNow,
    files: FILES,
    thresholdHint,
    reload: appliedReload(own.config, []),
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => app.fetch(request),
  );
  return { url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}
