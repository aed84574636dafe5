/**
 * One run: the real prober, settler, store, outbox and sinks in virtual time, with the events of a tape.
 *
 *     tape -> network, scheduler, store, receivers -> processes of Assay -> record -> invariants, oracle, figures
 */
import type { Config } from "../../src/config/config.ts";
import { load } from "../../src/config/mod.ts";
import type { Fetch, Log, Ports } from "../../src/base/ports.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { SECOND_MS } from "../../src/base/time.ts";
import type { Prober, ProberReply } from "../../src/judgement/round.ts";
import { INCIDENT_FAMILIES } from "../../src/judgement/words.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import { chanceOf, sequence } from "./chance.ts";
import { virtualClock } from "./clock.ts";
import {
  answerFor,
  CONTROL_HOST,
  eventsAt,
  hang,
  PAYMENTS_PATH,
  proberFetch,
  REPORT_PATH,
  REVISION_PATH,
  SERVICE_HOST,
} from "./network.ts";
import { startProcess } from "./process.ts";
import { SigningGate } from "./signing.ts";
import { receiptOf, Record } from "./record.ts";
import { Schedule } from "./schedule.ts";
import { watchedStore, type WriteFate } from "./stores.ts";
import { type CheckSettings, CONVERGE_MS, type Event, type Tape, type Topology } from "./tape.ts";
import { WORLDS } from "./worlds.ts";

/** When every run begins: 2023-11-15T00:00:00Z, epoch ms. */
export const START_MS = 1_700_006_400_000;

/** The result of a finished run. */
export interface RunResult {
  config: Config;
  record: Record;
  /** The record of the second check, if the run has one. All receipts are in the first record. */
  second?: Record;
  /** Requests to the service, including those that were lost. */
  requests: number;
}

const SECRETS: { [name: string]: string } = {
  TOKEN: "a-token",
  HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

/** Optional parts of the simulated shop. */
export interface Extras {
  /** A config revision, which must agree across regions. */
  revisions?: boolean;
  /** A payments check with `after: orders`. */
  payments?: boolean;
}

/**
 * The YAML config of a run: a shop whose orders every prober checks, and two webhooks, one of which gets
 * grouped notices.
 */
export function configText(
  { regions, probers }: Topology,
  everyMs: number,
  settings: CheckSettings = {},
  { revisions, payments }: Extras = {},
): string {
  const prober = (r: number, p: number) =>
    `{ id: r${r}p${p}, url: "https://p.example", token: "\${env:TOKEN}" }`;
  const region = (_: unknown, r: number) =>
    `  - { id: r${r}, probers: [${Array.from({ length: probers }, (_, p) => prober(r, p)).join(", ")}] }`;
  const schedule = settings.cron === undefined ? `        every: ${everyMs / SECOND_MS}s\n` : "";
  const set = schedule +
    Object.entries(settings).map(([name, value]) => `        ${name}: ${value}\n`).join("");
  const capture = revisions
    ? `, capture: { revision: { value: body.revision, converge: ${CONVERGE_MS / SECOND_MS}s } }`
    : "";
  const second = `      - id: payments
        after: orders
        timeout: 10s
${set}        report: { path: ${PAYMENTS_PATH}${REPORT_PATH} }
        journey: [{ name: pay, request: { path: ${PAYMENTS_PATH}/pay }, expect: [status == 200] }]
`;
  return `version: 1
store: { memory: {} }
controls: [https://${CONTROL_HOST}]
regions:
${Array.from({ length: regions }, region).join("\n")}
targets:
  - id: shop
    url: https://${SERVICE_HOST}
    checks:
      - id: orders
        timeout: 10s
${set}        report: { path: ${REPORT_PATH} }
        journey:
          - { name: order, request: { path: /order }, expect: [status == 200] }
          - { name: read, request: { path: ${REVISION_PATH} }, expect: [status == 200]${capture} }
${payments ? second : ""}webhooks:
  - { id: ops, url: https://ops.example, secret: "\${env:HOOK}" }
  - { id: pager, url: https://pager.example, secret: "\${env:HOOK}" }
routes:
  - { match: { family: [${INCIDENT_FAMILIES.join(", ")}] }, sinks: [ops], groupBy: [], continue: true }
`;
}

const configs = new Map<string, Promise<Config>>();

/** Loads a config; each text is loaded only once. */
function loadOnce(text: string): Promise<Config> {
  const known = configs.get(text) ??
    load({ kind: "yaml", text }, { kinds: KINDS }).then(({ config }) => config);
  configs.set(text, known);
  return known;
}

/** The loaded config of a run. */
export const configOf = (...of: Parameters<typeof configText>): Promise<Config> =>
  loadOnce(configText(...of));

/** Options of a run. */
export interface RunOptions {
  /** Default: the settings of the tape's world. */
  settings?: CheckSettings;
  /** Checked after each minute: if true, the run ends at once and ignores its outbox. */
  isOver?(record: Record): boolean;
}

/** Runs a tape to its end, then eight more hours for the outbox to empty. */
export async function run(
  tape: Tape,
  { settings = WORLDS[tape.world]?.settings?.(tape.everyMs), isOver }: RunOptions = {},
): Promise<RunResult> {
  const text = configText(tape.topology, tape.everyMs, settings, extrasOf(tape));
  const config = await loadOnce(text);
  const [first, later] = config.checks;
  const record = new Record(first!.key, (key) => key !== later?.key);
  const second = later && new Record(later.key, (key) => key === later.key);
  const signing = new SigningGate();
  const clock = virtualClock(START_MS, () => signing.isBusy());
  const on = eventsAt(tape);
  const sinceStart = () => clock.now() - START_MS;
  let requests = 0;
  let writes = 0;

  const fateOf = (): WriteFate => {
    const at = sinceStart();
    const event = on("store", at).find(({ share }) => chanceOf(tape.seed, at, writes++, 3) < share);
    return event?.how ?? "kept";
  };
  const store = watchedStore({
    fateOf,
    onCommit: (commit) => {
      record.commit(commit, clock.now());
      second?.commit(commit, clock.now());
    },
  });
  const receive: Fetch = async (url, { headers, body, signal }) => {
    const id = headers["webhook-id"]!;
    const how = on("receiver", sinceStart())[0]?.how;
    if (how === "refuses") return answerFor({ status: 503 });
    if (how === "hangs") return await hang(signal);
    record.receipts.push(receiptOf({ webhook: url.hostname.split(".")[0]!, id, body: String(body) }));
    if (how === "forgets") throw new Error("connection reset");
    return answerFor({ status: 204 });
  };
  const log: Log = { info() {}, warn() {}, error() {} };
  const secrets = secretsOf(references(text), (name) => SECRETS[name]);
  const random = sequence(tape.seed ^ 0x5eed);
  const ports: Ports = { clock, log, secrets, random, fetch: receive };
  const probers = config.regions.flatMap((region, r) =>
    region.probers.map((prober, p) => {
      const number = r * tape.topology.probers + p;
      const onRequest = () => void requests++;
      const place = { prober: number, region: r };
      const fetch = proberFetch({ tape, on, clock, startMs: START_MS, onRequest }, place);
      return withFaults(localProberOf({ ...ports, fetch }, config, KINDS, prober), (kind) =>
        on(kind, sinceStart()).some((event) => event.prober === number));
    })
  );
  const start = (owner: string) =>
    startProcess({ config, clock, store, fetch: receive, probers, owner, log, secrets, random, signing });

  await new Schedule({ tape, startMs: START_MS, clock, start, on, isOver: () => isOver?.(record) ?? false })
    .play();
  return { config, record, ...(second && { second }), requests };
}

const extrasOf = ({ events }: Tape): Extras => ({
  revisions: events.some(({ kind }) => kind === "rollout"),
  payments: events.some((event) => event.kind === "service" && event.check === "payments"),
});

type ProberFault = Extract<Event, { prober: number; kind: "hung" | "partition" | "other config" }>["kind"];

/** Applies a tape's faults between the settler and a prober. `has` reports whether a fault is active. */
function withFaults(prober: Prober, has: (kind: ProberFault) => boolean): Prober {
  const otherConfig = (reply: ProberReply): ProberReply => ({
    ...reply,
    answers: reply.answers.map((answer) => ({ ...answer, digest: "of another config" })),
  });
  return {
    id: prober.id,
    ask(request, onAnswer) {
      if (has("hung")) return new Promise(() => {});
      if (has("partition")) return Promise.reject(new Error("connection refused"));
      if (has("other config")) return prober.ask(request).then(otherConfig);
      return prober.ask(request, onAnswer);
    },
  };
}
