/** Two deployments, one of which asks the other, and far ends that answer by a script. */
import { api } from "../../../src/web/app.ts";
import type { Config } from "../../../src/config/config.ts";
import type { Fetch } from "../../../src/base/ports.ts";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { appFetch } from "../../world/app_fetch.ts";
import { type Route, scriptedFetch } from "../../world/network.ts";
import { roundOf } from "../../world/scripted_probers.ts";
import { START, testEnv } from "../../world/test_env.ts";
import type { ProberReply as Rounds } from "../../../src/judgement/round.ts";

/** The token of the prober. */
export const TOKEN = "tok-of-the-prober";
/** A config with a prober that is another deployment. */
export const TEXT = `
version: 1
regions:
  - { id: eu, probers: [{ id: fra }] }
  - { id: us, probers: [{ id: iad, url: "https://iad.example/assay/", token: "\${env:PROBER_TOKEN}" }] }
targets:
  - id: shop
    url: https://shop.example
    checks:
      - { id: read, report: { path: /readyz }, journey: [{ request: { path: /read }, expect: body.state == 'accepted' }] }
      - { id: write, journey: [{ request: { method: POST, path: /write, json: {} }, expect: status == 201 }] }
`;
const ROUTES: Record<string, Route> = {
  "GET /readyz": { status: 200, json: { status: "UP", components: { db: { status: "DOWN" } } } },
  "GET /read": { json: { state: "pending" } },
  "POST /write": new Error("connection reset"),
};

/** What is asked. */
export const request = ({ checks }: Config, deadlineMs = 10_000) => ({ slot: START, checks, deadlineMs });

/** A deployment that only probes as iad, and the asking side whose vault holds `token`. */
export async function deployment({ token = TOKEN, text = TEXT, id = "iad", routes = ROUTES } = {}) {
  const far = await testEnv(text, { routes, env: { PROBER_TOKEN: TOKEN } });
  const options = { id, region: "us", dialects: DIALECTS, steps: STEP_KINDS, concurrency: 5, controls: [] };
  const prober = localProber(far.ports, options);
  const app = api({ ...far, prober: { prober, token: "${env:PROBER_TOKEN}" } });
  const near = await testEnv(TEXT, { env: { PROBER_TOKEN: token } });
  const paths: string[] = [];
  const wire = appFetch(app);
  const fetch: Fetch = (url, outgoing) => {
    paths.push(url.pathname);
    // A proxy before the far end has taken the base path off.
    return wire(new URL(url.href.replace("/assay/", "/")), outgoing);
  };
  const asker = remoteProber({ ...near.ports, fetch }, {
    id: "iad",
    url: "https://iad.example/assay/",
    token: "${env:PROBER_TOKEN}",
  });
  return { far, near, asker, app, paths, prober };
}

/** A good answer of it. */
export const good: Rounds = {
  prober: "iad",
  slot: START,
  suspect: false,
  misplaced: false,
  answers: [{ check: "shop/read", digest: "d", round: roundOf("drift", START) }],
};
/** The same with a change. */
export const spoilt = (change: (reply: ReturnType<typeof JSON.parse>) => void): Route => {
  const reply = JSON.parse(JSON.stringify(good));
  change(reply);
  return { json: reply };
};

/** A remote prober whose far end answers by the script. */
export async function scriptedAsker(route: Route) {
  const near = await testEnv(TEXT, { env: { PROBER_TOKEN: TOKEN } });
  const fetch = scriptedFetch({ "POST /v1/rounds": route });
  const { clock } = near;
  const asker = remoteProber({ ...near.ports, fetch }, {
    id: "iad",
    url: "https://iad.example",
    token: "${env:PROBER_TOKEN}",
  });
  return { ...near, asker, clock, fetch };
}
