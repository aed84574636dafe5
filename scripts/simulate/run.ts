/**
 * One run: the real prober, settler, store, outbox and sinks in virtual time, with the events of a tape.
 *
 *     tape -> network, scheduler, store, receivers -> processes of Assay -> record -> invariants, oracle, figures
 */
import type { Config } from "../../src/config/config.ts";
import { load } from "../../src/config/mod.ts";
import type { Fetch, Log, Ports } from "../../src/base/ports.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
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
import { minuteOf, type Process, startProcess } from "./process.ts";
import { SigningGate } from "./signing.ts";
import { receiptOf, Record } from "./record.ts";
import { watchedStore, type WriteFate } from "./stores.ts";
import { type CheckSettings, CONVERGE_MS, type Event, type Tape, type Topology } from "./tape.ts";
import { WORLDS } from "./worlds.ts";

/** When every run begins, epoch ms: a whole day of UTC. */
export const START_MS = 1_700_006_400_000;

/** A run that is over. */
export interface RunResult {
  config: Config;
  record: Record;
  /** Of the second check, where there is one; what the receivers took stands in the first. */
  second?: Record;
  /** Requests that reached for the service. */
  requests: number;
}

const SECRETS: { [name: string]: string } = {
  TOKEN: "a-token",
  HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

/** What a shop of a run has beside its orders. */
export interface Extras {
  /** A revision of its config, which must agree across regions. */
  revisions?: boolean;
  /** Payments, whose check comes after that of the orders. */
  payments?: boolean;
}

/** The config of a run: a shop whose orders are walked from everywhere, and two webhooks, of which one gets its notices in groups. */
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

/** The loaded config of a text; the same text is loaded once. */
function loadOnce(text: string): Promise<Config> {
  const known = configs.get(text) ??
    load({ kind: "yaml", text }, { kinds: KINDS }).then(({ config }) => config);
  configs.set(text, known);
  return known;
}

/** The config of a run, loaded. */
export const configOf = (...of: Parameters<typeof configText>): Promise<Config> =>
  loadOnce(configText(...of));

/** How a run is set. */
export interface RunOptions {
  /** Default: those of the tape's world. */
  settings?: CheckSettings;
  /** The run is over, and its outbox of no interest, once this is so at the end of a minute. */
  isOver?(record: Record): boolean;
}

/** Runs a tape to its end, and on until the outbox is empty. */
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
      return troubled(localProberOf({ ...ports, fetch }, config, KINDS, prober), (kind) =>
        on(kind, sinceStart()).some((event) => event.prober === number));
    })
  );
  const start = (owner: string) =>
    startProcess({ config, clock, store, fetch: receive, probers, owner, log, secrets, random, signing });

  await new Schedule({ tape, clock, start, on, isOver: () => isOver?.(record) ?? false }).play();
  return { config, record, ...(second && { second }), requests };
}

const extrasOf = ({ events }: Tape): Extras => ({
  revisions: events.some(({ kind }) => kind === "rollout"),
  payments: events.some((event) => event.kind === "service" && event.check === "payments"),
});

type ProberTrouble = Extract<Event, { prober: number; kind: "hung" | "partition" | "other config" }>["kind"];

/** A prober, and what the settler receives from it. */
function troubled(prober: Prober, has: (kind: ProberTrouble) => boolean): Prober {
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

const OUTBOX_MS = 5 * SECOND_MS;

/** The scheduler of a run: when its processes begin, tick, send and die. */
class Schedule {
  #process: Process;
  #second: Process | undefined;
  #count = 0;
  readonly #done = new Set<Event>();

  constructor(
    readonly options: {
      tape: Tape;
      clock: ReturnType<typeof virtualClock>;
      start: (owner: string) => Process;
      on: ReturnType<typeof eventsAt>;
      isOver: () => boolean;
    },
  ) {
    this.#process = this.#start();
  }

  #start = () => this.options.start(`process ${this.#count++}`);

  /** Minute by minute; then the outbox has eight hours to become empty, for the receivers are well again. */
  async play(): Promise<void> {
    const { tape: { minutes }, clock } = this.options;
    this.#keepSending();
    for (let minute = 0; minute < minutes; minute++) {
      const at = minute * MINUTE_MS;
      this.#manageSecond(at);
      this.#planDeaths(at);
      for (const delayMs of this.#delays(at, minute)) {
        clock.after(delayMs, () => {
          this.#process.tick(minuteOf(clock.now()));
          this.#second?.tick(minuteOf(clock.now()));
        });
      }
      await clock.runUntil(START_MS + at + MINUTE_MS);
      if (this.options.isOver()) return;
    }
    await clock.runUntil(START_MS + minutes * MINUTE_MS + 8 * HOUR_MS);
  }

  /** As a started process does every five seconds; a minute apart once nothing but old notices is left. */
  #keepSending(): void {
    const { clock, tape: { minutes } } = this.options;
    const again = () => {
      this.#process.deliver();
      const isOver = clock.now() > START_MS + minutes * MINUTE_MS;
      clock.after(isOver ? MINUTE_MS : OUTBOX_MS, again);
    };
    clock.after(OUTBOX_MS, again);
  }

  /** After how long (ms) the ticks of this minute come; none: it is skipped. */
  #delays(at: number, minute: number): number[] {
    const { on, tape: { seed } } = this.options;
    const chances = on("ticks", at).filter(({ share }, i) => chanceOf(seed, minute, i, 4) < share)
      .map(({ how }) => how);
    if (chances.includes("skipped")) return [];
    const late = chances.includes("late") ? Math.floor(chanceOf(seed, minute, 5) * 59 * SECOND_MS) : 0;
    return chances.includes("doubled") ? [late, late + 3 * SECOND_MS] : [late];
  }

  #manageSecond(at: number): void {
    const isWanted = this.options.on("second process", at).length > 0;
    if (isWanted && !this.#second) this.#second = this.#start();
    if (isWanted || !this.#second) return;
    this.#second.kill();
    this.#second = undefined;
  }

  #planDeaths(at: number): void {
    const { clock, tape: { events } } = this.options;
    for (const event of events) {
      if (event.kind !== "death" || this.#done.has(event)) continue;
      if (event.from < at || event.from >= at + MINUTE_MS) continue;
      this.#done.add(event);
      clock.after(event.from - at, () => this.#process.dieAt(event.call, event.isAfter));
      clock.after(event.until - at, () => {
        this.#process.kill();
        this.#process = this.#start();
        this.#process.tick(minuteOf(clock.now()));
      });
    }
  }
}
