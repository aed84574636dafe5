/** A page over a stage whose clock only moves when told, served on loopback, and a real Chromium to look at it with. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { FILES } from "../../functions/deno/files.ts";
import { api } from "../../src/web/app.ts";
import { emptyFigures } from "../../src/judgement/service_level.ts";
import { type SettlerFixture, settlerFixture } from "../world/settler_fixture.ts";
import { encodeRollup } from "../../src/storage/history/codec.ts";

/** Where Debian puts it; another one is named by CHROMIUM. */
const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";

/** Why browser tests cannot run here, or undefined. In CI a missing browser is a failure, so nothing is skipped there. */
export const missing: string | undefined = existsSync(CHROMIUM) || Deno.env.get("CI")
  ? undefined
  : `${CHROMIUM} is missing: apt-get install chromium`;

/** The token that opens the page of every test. */
export const TOKEN = "tok-of-the-operator";

const ENV = {
  ASSAY_TOKEN: TOKEN,
  PROBER_TOKEN: "tok-of-the-prober",
  HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

/** A target of the test, by its id; a name of its own if it matters. */
export interface TargetSpec {
  id: string;
  name?: string;
  contract?: string;
  labels?: Record<string, string>;
}

/** A config of three regions with these targets, one check each, walked every minute. */
export const configOf = (targets: TargetSpec[], head = ""): string => `
version: 1
${head}
store: { memory: {} }
api: { token: "\${env:ASSAY_TOKEN}", rateLimit: { perMinute: 100000 } }
regions:
  - { id: fra, probers: [{ id: fra1 }] }
  - { id: iad, probers: [{ id: iad1, url: https://iad.example, token: "\${env:PROBER_TOKEN}" }] }
  - { id: sin, probers: [{ id: sin1, url: https://sin.example, token: "\${env:PROBER_TOKEN}" }] }
webhooks: [{ id: ops, url: https://hooks.example/ops, secret: "\${env:HOOK_SECRET}" }]
targets:
${
  targets.map(({ id, name = id, contract = "An order placed can be read back.", labels = {} }) =>
    `  - ${
      JSON.stringify({
        id,
        name: name.slice(0, 100),
        url: `https://${id}.example`,
        labels,
        checks: [{
          id: "orders",
          contract: contract.slice(0, 200),
          report: { path: "/readyz" },
          journey: [{ name: "look", request: { path: "/orders" }, expect: "body.state == 'accepted'" }],
        }],
      })
    }`
  ).join("\n")
}
`;

/** A served page. */
export interface ServedPage extends SettlerFixture {
  url: string;
  close(): Promise<void>;
}

/** Serves the page of these targets, with a day behind it. */
export async function servePage(
  targets: TargetSpec[],
  { publicUrl }: { publicUrl?: string } = {},
): Promise<ServedPage> {
  const own = withNames(
    await settlerFixture(configOf(targets, publicUrl && `publicUrl: ${publicUrl}`), { env: ENV }),
    targets,
  );
  await seedHistory(own, targets);
  const app = api({ ...own, files: FILES, runCheck: (check) => own.settler.probeNow(check) });
  const stopped = new AbortController();
  const { signal } = stopped;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal, onListen() {} },
    (request) => app.fetch(request),
  );
  return {
    ...own,
    url: `http://127.0.0.1:${server.addr.port}`,
    // At once: streams stay open for as long as anybody listens.
    async close() {
      stopped.abort();
      await server.finished;
    },
  };
}

/** As if the config did not refuse names that are too long. */
function withNames(own: SettlerFixture, wanted: TargetSpec[]): SettlerFixture {
  const targets = own.config.targets.map((target, i) => ({
    ...target,
    name: wanted[i]!.name ?? target.name,
  }));
  return { ...own, config: { ...own.config, targets } };
}

/** From now on one prober's evidence of a check is made of this text, wherever the target has a say. */
export function injectText({ script }: SettlerFixture, key: string, text: string): void {
  const [prober] = script.probers;
  const ask = prober!.ask;
  prober!.ask = async (request) => {
    const reply = await ask(request);
    for (const answer of reply.answers.filter(({ check }) => check === key)) {
      if (!("round" in answer)) continue;
      const { before, observation: { failure, steps } } = answer.round;
      const part = { name: text, state: "not_ready", layer: "dependency", required: false } as const;
      if (before) {
        Object.assign(before, { contradictions: [text], reason: text, version: text, subsystems: [part] });
      }
      if (failure) Object.assign(failure, { detail: text, expression: text, values: { [text]: text } });
      for (const step of steps) step.name = text;
    }
    return reply;
  };
}

const HOUR = 3_600_000;

/** A day of good hours, with one bad one in it. */
async function seedHistory({ store, clock }: SettlerFixture, targets: TargetSpec[]): Promise<void> {
  const now = Math.floor(clock.now() / HOUR) * HOUR;
  for (let i = 1; i < 24; i++) {
    const checks = targets.map(({ id }, n) => {
      const bad = n % 7 === 0 && i === 9 ? 600 : 0;
      const latency = { 20: 30, 24: 20, 30: 10 };
      const probers = { fra1: { words: { ready: 60 }, latency }, iad1: { words: { ready: 60 }, latency } };
      return [`${id}/orders`, {
        ...emptyFigures(),
        probers,
        seconds: { ready: 3_600 - bad, ...(bad && { drift: bad }) },
      }];
    });
    // As many checks a row as a shard holds.
    for (let shard = 0; shard * 200 < checks.length; shard++) {
      const part = Object.fromEntries(checks.slice(shard * 200, (shard + 1) * 200));
      const data = encodeRollup({ hours: 1, checks: part });
      await store.putRollups([{ unit: "hour", start: now - i * HOUR, shard, data }]);
    }
  }
}

/** A browser; whoever opens one closes it. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** What went wrong on a page: refused by the policy, thrown, or asked of somebody else. */
export function collectFaults(page: Page, origin: string): string[] {
  const found: string[] = [];
  page.on("console", (message) => message.type() === "error" && found.push(message.text()));
  page.on("pageerror", (error) => found.push(error.message));
  page.on("request", (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol !== "data:" && asked !== origin) found.push(`asked ${request.url()}`);
  });
  return found;
}

/** Signs in by the form. */
export async function signIn(page: Page, url: string, next = "/"): Promise<void> {
  await page.goto(`${url}/login?next=${encodeURIComponent(next)}`);
  await page.fill("input[name=token]", TOKEN);
  await page.click("main button");
  await page.waitForURL(`${url}${next}`);
}

/** What a page costs until it stands: CPU time (ms) of the main thread by a trace, and how far anything moved (CLS). */
export async function paintCost(
  browser: Browser,
  page: Page,
  url: string,
): Promise<{ cpuMs: number; shift: number }> {
  const categories = ["devtools.timeline", "disabled-by-default-devtools.timeline"];
  await browser.startTracing(page, { categories });
  await page.goto(url, { waitUntil: "load" });
  const shift = await page.evaluate(`new Promise((done) => {
    let sum = 0;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => sum += value));
    observer.observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))));
  })`) as number;
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(String(await browser.stopTracing()));
  const main = traceEvents.filter(({ name, args }) =>
    name === "thread_name" && args?.name === "CrRendererMain"
  );
  const isMain = ({ pid, tid }: TraceEvent) => main.some((one) => one.pid === pid && one.tid === tid);
  const tasks = traceEvents.filter((event) => event.name === "RunTask" && isMain(event));
  if (tasks.length === 0) throw new Error("the trace has no tasks of the main thread");
  return { cpuMs: tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1_000, shift };
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** CPU time, µs. */
  tdur?: number;
  args?: { name?: string };
}

/** Whether anything sticks out to the side. */
export const horizontalOverflow = (page: Page): Promise<number> =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

export type { Browser, BrowserContext, Page };
