/** Whether what is due can be walked on Deno, from the config and how long rounds take: each figure against its limit, the first check that does not fit, and the key to turn. Pure. */
import type { Check, Config } from "../config/config.ts";
import { assumedRoundMs, type RoundMs } from "../config/phases.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { turnsOf, WALK_MS } from "../config/schedule.ts";
import { targetHost } from "../config/target_host.ts";
import { laneOf } from "../storage/codec.ts";
import { MINUTE_MS } from "../base/time.ts";
import type { BudgetLine } from "./line.ts";

/** A limit that is passed. */
export interface WalkFault {
  key: "concurrency" | "connectionsPerHost";
  /** What does not fit, and the first check that does not. */
  message: string;
  /** The key to turn, and to what. */
  remedy: string;
}

/** A config held against the places of one prober. */
export interface WalkBudget {
  lines: BudgetLine[];
  faults: WalkFault[];
}

/** Checks that one prober walks in one go, by the places that they share. */
interface Share {
  name: string;
  checks: readonly Check[];
  places: number;
  key: "concurrency" | "connectionsPerHost";
}

/** The most that the grammar lets a config say of `concurrency` and `connectionsPerHost`. */
const MOST_PLACES = 1_024;

/** Holds a config against what one prober on Deno can walk; `how` says in words where `roundMs` is from. */
export function walkBudget(config: Config, roundMs: RoundMs, how: string): WalkBudget {
  const lanes = [...Map.groupBy(config.checks, laneOf).values()].filter(([first]) => !isShort(first!));
  // A host that may have all places takes no longer than all hosts do.
  const shares = config.connectionsPerHost < config.concurrency
    ? [shareOfAll(config), fullestHost(config, roundMs)]
    : [shareOfAll(config)];
  const walks = shares.map((share) => longestWalk(share, lanes, roundMs));
  return {
    lines: [
      ...walks.flatMap((walk) => walk ? [walkLine(walk, how)] : []),
      loadLine(config, roundMs),
      ...commitLines(config, lanes.length),
    ],
    faults: shares.flatMap((share, i) => faultOf(share, walks[i], roundMs, how) ?? []),
  };
}

/** How long rounds take where some were measured: these by themselves, the others by the latency of a request that follows. */
export function measuredRoundMs(checks: readonly Check[], measured: ReadonlyMap<string, number>): RoundMs {
  const known = checks.filter(({ key }) => measured.has(key));
  const total = sum(known, ({ key }) => measured.get(key)!);
  const assumed = assumedRoundMs(total / sum(known, usualRequestsOf));
  return (check) => measured.get(check.key) ?? assumed(check);
}

const isShort = ({ schedule }: Check) => "everyMs" in schedule && schedule.everyMs < MINUTE_MS;

const shareOfAll = ({ checks, concurrency }: Config): Share => ({
  name: "all hosts",
  checks,
  places: concurrency,
  key: "concurrency",
});

/** The host whose rounds take longest. */
function fullestHost(config: Config, roundMs: RoundMs): Share {
  const hosts = [...Map.groupBy(config.checks, ({ target }) => targetHost(target.url))];
  const [name, checks] = hosts.toSorted(([, a], [, b]) => sum(b, roundMs) - sum(a, roundMs))[0]!;
  return { name, checks, places: config.connectionsPerHost, key: "connectionsPerHost" };
}

/** The lane of a share that takes longest; undefined: it has none of whole minutes. */
function longestWalk(
  share: Share,
  lanes: readonly (readonly Check[])[],
  roundMs: RoundMs,
): { share: Share; checks: Check[]; valueMs: number } | undefined {
  const own = new Set(share.checks);
  return lanes.map((lane) => lane.filter((check) => own.has(check)))
    .map((checks) => ({ share, checks, valueMs: sum(checks, roundMs) / share.places }))
    .toSorted((a, b) => b.valueMs - a.valueMs)[0];
}

type Walk = NonNullable<ReturnType<typeof longestWalk>>;

function walkLine({ share: { name, key, places }, checks, valueMs }: Walk, how: string): BudgetLine {
  const isAll = name === "all hosts";
  return {
    name: isAll ? "time of the longest walk, s" : "the same at the fullest host, s",
    value: valueMs / 1_000,
    limit: WALK_MS / 1_000,
    fits: valueMs <= WALK_MS,
    counted: `${places} rounds at once (${key}), ${how}`,
    where: `${isAll ? "" : `${name}, `}${checks.length} checks`,
  };
}

/** A walk that is too long, or more that is due all the time than can be under way. */
function faultOf(share: Share, walk: Walk | undefined, roundMs: RoundMs, how: string): WalkFault | undefined {
  const { checks, places, key, name } = share;
  const load = loadOf(checks, roundMs);
  const isTooLong = walk !== undefined && walk.valueMs > WALK_MS;
  if (!isTooLong && load <= places) return undefined;
  const needed = Math.ceil(Math.max(load, walk ? walk.valueMs * places / WALK_MS : 0));
  const message = isTooLong
    ? `${walk.checks.length} checks of ${name} take a prober ${Math.ceil(walk.valueMs / 1_000)} s of its ${
      WALK_MS / 1_000
    } s, ${places} rounds at once, ${how}: the first that does not fit is ${
      firstPast(walk.checks, places * WALK_MS, roundMs)
    }`
    : `the checks of ${name} need ${needed} rounds at once all the time and have ${places}, ${how}: ` +
      `the first that does not fit is ${firstPast(checks, places, (check) => loadOf([check], roundMs))}`;
  return { key, message, remedy: remedyOf(key, needed) };
}

/** The check with which the sum passes `limit`. */
function firstPast(checks: readonly Check[], limit: number, of: RoundMs): string {
  let left = limit;
  return checks.find((check) => (left -= of(check)) < 0)!.key;
}

function remedyOf(key: Share["key"], needed: number): string {
  if (needed > MOST_PLACES) return "a longer `every`, or fewer checks in one config";
  return `${key}: ${needed}, or a longer \`every\``;
}

/** Rounds that are under way at once in the mean: time that they take by time that there is. */
const loadOf = (checks: readonly Check[], roundMs: RoundMs): number =>
  Number(
    sum(checks, (check) => "everyMs" in check.schedule ? roundMs(check) / check.schedule.everyMs : 0)
      .toFixed(6),
  );

function loadLine(config: Config, roundMs: RoundMs): BudgetLine {
  const value = loadOf(config.checks, roundMs);
  return {
    name: "rounds under way, mean",
    value,
    limit: config.concurrency,
    fits: value <= config.concurrency,
    counted: "the time of each round by its period; not those by cron",
  };
}

function commitLines({ checks, regions }: Config, phases: number): BudgetLine[] {
  const turns = Math.max(...checks.map((check) => turnsOf(check, regions)));
  const line = (name: string, value: number, counted: string): BudgetLine => ({
    name,
    value,
    limit: null,
    fits: true,
    counted,
  });
  if (phases === 0) return [];
  return [
    line(
      "phases of a period",
      phases,
      "lanes that begin one after the other, of periods of a minute and more",
    ),
    line(
      "commits of a period",
      phases * turns,
      `phases x turns (${turns}) at least: what arrives within a second shares one`,
    ),
  ];
}

const sum = <T>(list: readonly T[], of: (one: T) => number) =>
  list.reduce((total, one) => total + of(one), 0);
