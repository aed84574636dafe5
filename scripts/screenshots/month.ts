/**
 * Simulates thirty days of seven services: the real probers, settler, store and outbox on a scripted network.
 */
import { KINDS } from "../../functions/deno/kinds.ts";
import { localProberOf } from "../../functions/local_prober.ts";
import type { Config } from "../../src/config/config.ts";
import { load } from "../../src/config/mod.ts";
import type { Ports } from "../../src/base/ports.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from "../../src/base/time.ts";
import { acknowledge } from "../../src/engine/notify/acknowledge.ts";
import { encodeComment } from "../../src/storage/records/comments.ts";
import { type GateServices, gateServices } from "../../src/engine/gates/services.ts";
import { slo } from "../../src/web/page/objective.tsx";
import type { Store } from "../../src/storage/store.ts";
import { sequence } from "../simulate/chance.ts";
import { type VirtualClock, virtualClock } from "../simulate/clock.ts";
import { plainAnswer } from "../simulate/network.ts";
import { minuteOf, startProcess } from "../simulate/process.ts";
import { SigningGate } from "../simulate/signing.ts";
import { monthFetch } from "./network.ts";
import { PAUSES, REGIONS, ROLLOUTS, type Service, SERVICES } from "./services.ts";

/** When the month ends, epoch ms. */
export const END_MS = Date.parse("2026-11-30T10:10:00Z");
/** On the hour, where hourly slots begin. */
const START_MS = Math.floor(END_MS / HOUR_MS) * HOUR_MS - 30 * DAY_MS;

/** Checks are hourly until the last day, because a month of five-minute checks would take long to play. */
const CLOSE: Pace = { every: "5m", stepMs: MINUTE_MS, untilMs: END_MS };
const COARSE: Pace = { every: "1h", stepMs: HOUR_MS, untilMs: END_MS - DAY_MS, turns: 1 };

interface Pace {
  every: string;
  /** Time between two ticks. */
  stepMs: number;
  untilMs: number;
  turns?: number;
}

/** The token to sign in to the page. */
export const TOKEN = "tok-of-the-operator";
const ENV: { [name: string]: string } = {
  TOKEN,
  PROBER: "tok-of-the-prober",
  HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

/** A played month. */
export interface Month {
  config: Config;
  ports: Ports;
  clock: VirtualClock;
  services: GateServices;
}

const checkText = (
  { id, hasReport, settings }: Service,
  { check, contract, pace }: { check: string; contract: string; pace: Pace },
) =>
  `      - id: ${check}
        contract: ${contract}
        every: ${pace.every}
        ${hasReport ? "report: { path: /readyz }" : "# it has no health endpoint"}
        journey:
          - { name: ask for it, request: { method: POST, path: /${check}, json: { ref: "{{ run.id }}" } }, expect: ["status == 200", "body.id.startsWith('${id}_')"], capture: { id: body.id } }
          - { name: read it back, request: { path: "/${check}/{{ captures.id }}" }, expect: ["status == 200", "body.state == 'accepted'"] }
${settings ? `        ${settings}\n` : ""}${pace.turns ? `        turns: ${pace.turns}\n` : ""}`;

const configText = (pace: Pace) =>
  `version: 1
store: { memory: {} }
api: { token: "\${env:TOKEN}" }
controls: [https://up.example]
page:
  name: Lamps status
  intro: If you cannot buy a lamp, look here first.
  groupBy: team
regions:
${
    Object.keys(REGIONS).map((id) =>
      `  - { id: ${id}, probers: [{ id: ${id}1, url: "https://${id}.example", token: "\${env:PROBER}" }] }`
    ).join("\n")
  }
maintenance:
  - id: queue
    match: { target: mail }
    reason: The mail queue moves to another host.
    from: ${iso(END_MS - 40 * MINUTE_MS)}
    until: ${iso(END_MS + 80 * MINUTE_MS)}
  - id: charges
    match: { target: billing }
    reason: A new card processor.
    from: ${iso(END_MS + 3 * DAY_MS)}
    until: ${iso(END_MS + 3 * DAY_MS + HOUR_MS)}
webhooks: [{ id: ops, url: https://hooks.example/ops, secret: "\${env:HOOK}" }]
targets:
${
    SERVICES.map((service) =>
      `  - id: ${service.id}
    name: ${service.name}
    url: https://${service.id}.example
    labels: { team: ${service.team} }
    checks:
${
        Object.entries(service.checks).map(([check, contract]) =>
          checkText(service, { check, contract, pace })
        ).join("")
      }`
    ).join("")
  }`;

/** Plays the month into a store. */
export async function playMonth(store: Store): Promise<Month> {
  const signing = new SigningGate();
  const clock = virtualClock(START_MS, () => signing.isBusy());
  const play = async (pace: Pace): Promise<Month> => {
    const { every, stepMs, untilMs } = pace;
    const month = await openMonth(store, { pace, clock });
    const { services } = month;
    const process = startProcess({
      ...month.ports,
      config: month.config,
      ...{ store, owner: every, signing },
      probers: probersOf(month),
    });
    planRollouts(clock, services, untilMs);
    for (let at = clock.now(); at < untilMs; at += stepMs) {
      if (!isPaused(END_MS - at)) process.tick(minuteOf(at));
      if (END_MS - at === 8 * MINUTE_MS) await speak(month);
      process.deliver();
      await clock.runUntil(at + stepMs);
    }
    process.kill();
    return month;
  };
  await play(COARSE);
  return await play(CLOSE);
}

/** Opens a month that was played into a store. */
export async function openMonth(
  store: Store,
  { pace = CLOSE, clock = virtualClock(END_MS, () => false) } = {},
): Promise<Month> {
  const text = configText(pace);
  const { config } = await load({ kind: "yaml", text }, { kinds: KINDS });
  const ports: Ports = {
    clock,
    log: { info() {}, warn() {}, error: console.error },
    secrets: secretsOf(references(text), (name) => ENV[name]),
    random: sequence(7),
    fetch: () => Promise.resolve(plainAnswer(204)),
  };
  return { config, ports, clock, services: gateServices(ports, config, store, slo) };
}

const probersOf = ({ config, ports, clock }: Month) =>
  config.regions.flatMap(({ id, probers }) => {
    const fetch = monthFetch(clock, END_MS, id);
    return probers.map((prober) => localProberOf({ ...ports, fetch }, config, KINDS, prober));
  });

const isPaused = (ago: number) => PAUSES.some((pause) => ago <= pause.ago && ago > pause.ago - pause.lastMs);

function planRollouts(clock: VirtualClock, { rollouts }: GateServices, untilMs: number): void {
  for (const { service: target, version, ago } of ROLLOUTS) {
    const at = END_MS - ago;
    if (at < clock.now() || at >= untilMs) continue;
    clock.after(
      at - clock.now(),
      () => void rollouts.record({ target, at, version, environment: "production", source: "github" }),
    );
  }
}

/** Acknowledges one outage, and adds a public announcement to another. */
async function speak({ ports, config, services }: Month): Promise<void> {
  const { store } = services;
  const open = async (target: string) =>
    (await store.listIncidents({ target, state: "open", limit: 10 })).items;
  for (const incident of await open("search")) {
    await acknowledge({ ports, config, ...services }, incident, { by: "Kim", text: "On it" });
  }
  const text = "Orders are taken, and some are accepted late. We add workers.";
  const how = { keepMs: config.retention.incidentsMs, random: ports.random };
  for (const { id } of await open("checkout")) {
    const at = ports.clock.now();
    await store.putRecord(encodeComment(id, { kind: "announcement", at, by: "Ana", text }, how));
  }
}
