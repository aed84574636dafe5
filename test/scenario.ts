/**
 * One story for every runtime: what the shop does minute by minute, and what Assay must make of it. A runtime brings a
 * `Driver`; nothing here knows which one it is.
 */
import type { WebhookEvent } from "../src/engine/notify/event.ts";
import type { Behaviours } from "./edge/shop_client.ts";

/** In ms. */
export const MINUTE = 60_000;
/** Minute 0, epoch ms: far ahead of any real clock, so that no runtime fires an alarm by itself. */
export const START = Date.UTC(2100, 0, 1);

/** A runtime under test. */
export interface Driver {
  /** The shop and the prober do as the minute says, and then the clock stands at `nowMs` and the slot `slot` fires. */
  tick(minute: Minute, slot: number, nowMs: number): Promise<void>;
  /** `GET /v1/status` with the token. */
  status(): Promise<{ status: string }>;
  /** Bodies of the webhooks that came, oldest first. */
  received(): Promise<string[]>;
}

/** One minute of the story. */
export interface Minute {
  /** Absent: cron does not fire. */
  shop?: Behaviours;
  /** A prober that fails: it throws at once, or it is silent for the whole slot. */
  prober?: { id: string; does: "throws" | "is silent" };
  /** The status of the API after it. */
  status: string;
  events?: EventSummary[];
}

/** What an event says, without ids, times and durations. `incident` counts incidents in the order of their first event. */
export interface EventSummary {
  type: WebhookEvent["type"];
  incident: number;
  episode: number;
  family: string;
  kind: string;
  scope: string;
  outcome: string;
  votes: Record<string, string>;
  summary: string;
}

const serves: Behaviours = { all: "serves" };
const lies: Behaviours = { all: "lies" };
const refuses: Behaviours = { all: "refuses" };
const starts: Behaviours = { all: "starts" };
const shy: Behaviours = { all: "is shy" };
const liesToOceania: Behaviours = { all: "serves", oc: "lies" };
const throws = { id: "oc", does: "throws" } as const;
const silent = { id: "oc", does: "is silent" } as const;

const all = (vote: string) => ({ eu: vote, us: vote, oc: vote });
const service = { incident: 1, family: "service", scope: "global" };
const prober = {
  ...{ incident: 2, family: "advisory", kind: "prober", scope: "global", episode: 1 },
  ...{ outcome: "pending", votes: {} },
};
const quality = { incident: 3, family: "quality", scope: "global", episode: 1, kind: "underclaim" };

/**
 * By the rules for votes and incidents: two failed slots in a row turn a vote bad, two good ones turn it back; the status is
 * drift while two of the last three failed slots were. Evidence is good for 2.5 minutes, then its vote abstains. Two
 * of three regions decide. A slot in which the target says that it starts is not judged. Within ten minutes an incident
 * opens again under its old id, and this time the recovery must hold for five minutes. `ready again` is told after a period of it.
 * A prober that brings nothing for three minutes is told, before all else, until its first round.
 */
export const SCENARIO: Minute[] = [
  { shop: serves, status: "ready" },
  { shop: serves, status: "ready" },
  { shop: lies, status: "ready" },
  {
    shop: lies,
    status: "drift",
    events: [{
      ...service,
      type: "incident.opened",
      episode: 1,
      kind: "drift",
      outcome: "drift",
      votes: all("drift"),
      summary:
        "Shop / orders says ready but its journey fails: 3 of 3 regions agree (read: body.state is 'pending')",
    }],
  },
  { shop: refuses, status: "drift" },
  {
    shop: refuses,
    status: "down",
    events: [{
      ...service,
      type: "incident.updated",
      episode: 1,
      kind: "outage",
      outcome: "down",
      votes: all("down"),
      summary:
        "Shop / orders now does not answer its health check, and its journey fails: 3 of 3 regions agree (place: …)",
    }],
  },
  { shop: serves, status: "down" },
  {
    shop: serves,
    status: "ready",
    events: [{
      ...service,
      type: "incident.resolved",
      episode: 1,
      kind: "outage",
      outcome: "ready",
      votes: all("ready"),
      summary: "Shop / orders has recovered after 4 min: its journey passes in 3 of 3 regions",
    }],
  },
  { shop: serves, prober: throws, status: "ready" },
  { shop: lies, prober: throws, status: "ready" },
  {
    shop: lies,
    prober: silent,
    status: "drift",
    events: [{
      ...prober,
      type: "incident.opened",
      summary: "prober oc has brought nothing for 3 min",
    }, {
      ...service,
      type: "incident.opened",
      episode: 2,
      kind: "drift",
      outcome: "drift",
      votes: { eu: "drift", us: "drift", oc: "pending" },
      summary:
        "Shop / orders says ready but its journey fails: 2 of 2 regions agree, 1 not reporting (read: body.state is 'pending')",
    }],
  },
  {
    shop: serves,
    status: "drift",
    events: [{
      ...prober,
      type: "incident.resolved",
      summary: "prober oc brings something again after 60 s",
    }],
  },
  { shop: serves, status: "ready" },
  { shop: liesToOceania, status: "ready" },
  { shop: liesToOceania, status: "ready" },
  { status: "ready" },
  { shop: serves, status: "ready" },
  {
    shop: serves,
    status: "ready",
    events: [{
      ...service,
      type: "incident.resolved",
      episode: 2,
      kind: "drift",
      outcome: "ready",
      votes: all("ready"),
      summary: "Shop / orders has recovered after 7 min: its journey passes in 3 of 3 regions",
    }],
  },
  { shop: starts, status: "ready" },
  { shop: starts, status: "ready" },
  { shop: serves, status: "ready" },
  { shop: shy, status: "ready" },
  {
    shop: shy,
    status: "underclaim",
    events: [{
      ...quality,
      type: "incident.opened",
      outcome: "underclaim",
      votes: all("underclaim"),
      summary: "Shop / orders says it is not ready but its journey passes: 3 of 3 regions agree",
    }],
  },
  { shop: serves, status: "ready" },
  {
    shop: serves,
    status: "ready",
    events: [{
      ...quality,
      type: "incident.resolved",
      outcome: "ready",
      votes: all("ready"),
      summary: "Shop / orders is ready again after 2 min",
    }],
  },
];

/** The words of the API, minute by minute. */
export const WORDS = SCENARIO.map(({ status }) => status);
/** The whole stream of events. */
export const EVENTS = SCENARIO.flatMap(({ events }) => events ?? []);

/** So late that nobody waits long for a silent prober, and not so late that the slot is no longer walked. */
const LATE_MS = 29_000;

/** Plays the story, and answers what came of it. */
export async function playScenario(driver: Driver): Promise<{ words: string[]; events: EventSummary[] }> {
  const words: string[] = [];
  for (const [n, minute] of SCENARIO.entries()) {
    const slot = START + n * MINUTE;
    await driver.tick(minute, slot, minute.prober?.does === "is silent" ? slot + LATE_MS : slot);
    words.push((await driver.status()).status);
  }
  return { words, events: summarizeEvents(await driver.received()) };
}

/** The stream that bodies of webhooks make. */
export function summarizeEvents(bodies: string[]): EventSummary[] {
  const known: string[] = [];
  return bodies.map((body) => {
    const { type, data: { incident, decision, summary } }: WebhookEvent = JSON.parse(body);
    const { id, episode, family, kind, scope } = incident;
    if (!known.includes(id)) known.push(id);
    return {
      type,
      ...{ incident: known.indexOf(id) + 1, episode, family, kind, scope },
      outcome: decision.outcome,
      votes: decision.votes,
      // How a runtime words a refused connection is its own.
      summary: summary.replace(/\(place: .*\)$/, "(place: …)"),
    };
  });
}

/** A runtime that walks by turns. */
export interface TurnsDriver extends Pick<Driver, "received"> {
  /** The clock stands at `nowMs`, and what is due is settled and told; at a minute's beginning its lease is taken. */
  settle(shop: Behaviours, nowMs: number): Promise<void>;
  /** Whoever held the lease is gone, with all that stood in its memory. */
  die(): Promise<void>;
}

/** The check of the story by turns: each of the three probers at its own. */
export const BY_TURNS = { turns: 3, confirm: "25s" };

/**
 * Second by second what the shop does. By the rules for turns, confirmations and retries: the lie that one prober sees at 100 s calls
 * for a confirmation at 125 s, which another process walks, and of which each first walk gets no answer. What passes at 160 s calls for one
 * at 185 s.
 */
const TURNS: [second: number, shop: Behaviours | "dies"][] = [
  [0, serves],
  [20, serves],
  [40, serves],
  [60, serves],
  [80, serves],
  [100, lies],
  [110, "dies"],
  [120, lies],
  [125, { all: "lies to the second walk" }],
  [140, lies],
  [160, serves],
  [170, "dies"],
  [180, serves],
  [185, serves],
  [200, serves],
  [220, serves],
];

/** What Assay must make of it; `walkedAgain`: the probers whose evidence is of a second walk. */
export const TURNS_EVENTS: (EventSummary & { at: number; walkedAgain: string[] })[] = [
  {
    ...service,
    type: "incident.opened",
    episode: 1,
    kind: "drift",
    at: 125,
    outcome: "drift",
    votes: { eu: "drift", us: "ready", oc: "drift" },
    summary:
      "Shop / orders says ready but its journey fails: 2 of 3 regions agree, confirmed 25 s later by 3 of 3 (read: body.state is 'pending')",
    walkedAgain: ["weur", "enam", "oc"],
  },
  {
    ...service,
    type: "incident.resolved",
    episode: 1,
    kind: "drift",
    at: 185,
    outcome: "ready",
    votes: { eu: "ready", us: "drift", oc: "ready" },
    summary: "Shop / orders has recovered after 60 s: its journey passes in 2 of 3 regions",
    walkedAgain: [],
  },
];

/** Plays the story by turns, and answers the events that came of it. */
export async function playTurns(driver: TurnsDriver): Promise<typeof TURNS_EVENTS> {
  for (const [second, shop] of TURNS) {
    if (shop === "dies") await driver.die();
    else await driver.settle(shop, START + second * 1_000);
  }
  const bodies = await driver.received();
  return summarizeEvents(bodies).map((event, i) => {
    const { timestamp, data: { evidence } }: WebhookEvent = JSON.parse(bodies[i]!);
    const walkedAgain = Object.values(evidence).flatMap((probers) => Object.entries(probers))
      .flatMap(([id, { observed }]) => observed?.walkedAgain ? [id] : []);
    return { ...event, at: (Date.parse(timestamp) - START) / 1_000, walkedAgain };
  });
}
