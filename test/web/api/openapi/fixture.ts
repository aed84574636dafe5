/** A house in which every operation of the API has something to answer, and what is asked there. */
import { thresholdHint } from "../../../../src/storage/history/threshold_hint.ts";
import { createHash, createHmac } from "node:crypto";
import { FILES } from "../../../../functions/deno/files.ts";
import { api } from "../../../../src/web/app.ts";
import { routes as github } from "../../../../src/web/api/routes/github.ts";
import { routes as backup } from "../../../../src/web/api/routes/backup.ts";
import type { Operation } from "../../../../src/web/api/openapi/operation.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { appliedReload } from "../../../world/applied_reload.ts";
import { type SettlerFixture, settlerFixture, threeRegions } from "../../../world/settler_fixture.ts";

const SECRET = "github-webhook-secret";
/** Tokens by what they are good for. */
export const TOKENS = {
  root: "tok-of-the-operator",
  read: "assay_read",
  billing: "assay_read-of-another-target",
  prober: "tok-of-the-prober",
};
const hash = (token: string) => `sha256:${createHash("sha256").update(token).digest("hex")}`;

const CONFIG = threeRegions([
  [
    "version: 1",
    `version: 1
api:
  token: "\${env:ASSAY_TOKEN}"
  tokens:
    - { id: reader, hash: "${hash(TOKENS.read)}", scopes: [read] }
    - { id: clerk, hash: "${hash(TOKENS.billing)}", scopes: [read, operate, report], targets: [billing] }
hooks: { github: { secret: "\${env:GITHUB_SECRET}", app: { id: "1", key: "\${env:GITHUB_KEY}" }, rules: [{ repository: acme/shop, target: shop }] } }`,
  ],
  ["id: read,", "id: read, slo: 99.9%,"],
  ["    url: https://shop.example", "    url: https://shop.example\n    labels: { team: pay }"],
  [
    "webhooks:",
    `      - { id: stock, report: { name: unit, push: { ttl: 90s } }, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
  - id: billing
    url: https://billing.example
    checks:
      - { id: read, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
webhooks:`,
  ],
]);

/** One request as it is sent. */
export interface SampleRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A house with a past. */
export interface OpenapiFixture extends SettlerFixture {
  app: ReturnType<typeof api>;
  /** What stands in the place of each part of a path, by operation and name. */
  pathValue(operation: Operation, name: string): string;
  /** A request that the operation must answer well. */
  goodRequest(operation: Operation): SampleRequest;
}

/** An outage with notices, remarks, a silence, a deployment and a pushed report, over this store. */
export async function openapiFixture(store: Store): Promise<OpenapiFixture> {
  const env = {
    ASSAY_TOKEN: TOKENS.root,
    PROBER_TOKEN: TOKENS.prober,
    HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    GITHUB_SECRET: SECRET,
    GITHUB_KEY: "-----BEGIN PRIVATE KEY-----",
  };
  const own = await settlerFixture(CONFIG, { store, env });
  const [prober] = own.script.probers.slice(1);
  const app = api({
    ...own,
    runCheck: own.settler.probeNow,
    prober: { prober: prober!, token: "${env:PROBER_TOKEN}" },
    files: FILES,
    thresholdHint,
    github,
    backup: (context) => backup(context, () => ['{"assay":"store"}\n'].values()),
    reload: appliedReload(own.config, ["shop/read"]),
  });
  await own.runMinutes(3);
  own.script.set("drift", undefined, "shop/read");
  await own.runMinutes(3);
  const nowMs = own.clock.now();
  for (const { id, attempts } of await store.claimDeliveries({ nowMs, leaseMs: 1, limit: 10 })) {
    await store.recordAttempt(id, {
      state: "dead",
      attempts: attempts + 1,
      nextAt: nowMs,
      lastError: "answered 500",
    });
  }
  const ask = async (path: string, body: unknown) =>
    await (await app.request(path, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKENS.root}` },
      body: JSON.stringify(body),
    })).json();
  const { id: silence } = await ask("/v1/silences", {
    match: { target: "billing" },
    until: "2h",
    reason: "we move",
  });
  await ask("/v1/deployments", { target: "shop", version: "1.4.2" });
  const incident = (await own.state()).incidents[0]!.id;
  await ask(`/v1/incidents/${incident}/comments`, { text: "we look at it" });
  const [delivery] = (await store.listDeliveries({ limit: 1, state: "dead" })).items;

  const NAMES: Record<string, string> = {
    target: "shop",
    id: "shop",
    check: "read",
    source: "unit",
    token: TOKENS.read,
    file: "shop.json",
  };
  const pathValue = ({ path }: Operation, name: string): string => {
    if (path.startsWith("/v1/incidents/")) return incident;
    if (path.startsWith("/v1/silences/")) return silence;
    if (path.startsWith("/v1/deliveries/")) return delivery!.id;
    if (path.startsWith("/v1/sinks/")) return "ops";
    return path.includes("/reports/") && name === "check" ? "stock" : NAMES[name]!;
  };
  const goodRequest = (operation: Operation): SampleRequest => {
    const { id, method, path, body, access } = operation;
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => pathValue(operation, name));
    const examples: Record<string, unknown> = { pushReport: { state: "ready", seq: nowMs, at: nowMs } };
    const text = body && JSON.stringify(examples[id] ?? body.example);
    return {
      method: method.toUpperCase(),
      path: id === "listDeployments" ? `${filled}?target=shop` : filled,
      headers: {
        authorization: `Bearer ${access === "prober" ? TOKENS.prober : TOKENS.root}`,
        ...(access === "signature" && text !== undefined && signatureHeaders(text)),
      },
      ...(text !== undefined && { body: text }),
    };
  };
  return { ...own, app, pathValue, goodRequest };
}

/** The headers with which GitHub sends a body. */
export const signatureHeaders = (body: string, event = "deployment_status"): Record<string, string> => ({
  "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
  "x-github-event": event,
});
