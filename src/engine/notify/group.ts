/**
 * Rules that combine incidents into one message: pure functions over the state of one group of one webhook.
 *
 *     first -> (groupWait) -> sent -> notices within groupInterval wait -> sent as one -> ...
 *
 * A receiver that keeps one alert per key gets one alert for incidents that change together, under the key of
 * the first. An incident that opens within groupInterval after the last one joined is added to that alert. A
 * later one becomes a new alert, so that it pages. An alert ends with its last incident. Times are epoch ms.
 */
import { DAY_MS, SECOND_MS } from "../../base/time.ts";
import type { GroupAlert, GroupMember, GroupState } from "../../storage/records/groups.ts";

/** A notice as the grouping rules see it. */
export interface GroupTurn {
  id: string;
  incident: string;
  episode: number;
  change: "opened" | "updated" | "acknowledged" | "resolved";
  createdAt: number;
  /** Whether a delivery was attempted before. */
  wasTried: boolean;
}

/** Waiting times of a group, ms: before its first message, and between messages. */
export interface GroupTimes {
  waitMs: number;
  intervalMs: number;
}

interface Moment extends GroupTimes {
  nowMs: number;
  /** Whether the receiver keeps one alert per key. */
  holdsAlerts: boolean;
}

/**
 * The alert a notice belongs to, or a new one. "none": the receiver keeps no alerts, or the notice is sent
 * alone.
 */
export type AlertChoice = GroupAlert | "new" | "none";

/** Whether a notice is sent now or later. If `state` is set, the caller must store it. */
export type GroupDecision =
  & { alert: AlertChoice }
  & ({ kind: "now" } | { kind: "later"; at: number; state?: GroupState });

/** Longest time that a message of an alert blocks the next one. */
const BUSY_MS = 45 * SECOND_MS;
/** How soon a notice is tried again while a message of its alert is being sent. */
const BUSY_PAUSE_MS = 2 * SECOND_MS;
/**
 * How long to keep an open alert without news, and an ended one whose end was not accepted (retries: three
 * days).
 */
const OPEN_MS = 90 * DAY_MS;
const OVER_MS = 4 * DAY_MS;

const isOpen = ({ isOver }: GroupMember) => !isOver;

/** The alert that contains an incident. */
export const alertWith = ({ alerts }: GroupState, incident: string): GroupAlert | undefined =>
  alerts.find(({ members }) => members.some((member) => member.incident === incident));

/** Decides when a notice is sent, and in which alert. */
export function decideTurn(state: GroupState, turn: GroupTurn, moment: Moment): GroupDecision {
  if (!moment.holdsAlerts) return decideAtGate(state, turn, moment, "none");
  const alert = findAlert(state, turn);
  if (alert) return decideOfAlert(alert, turn, moment);
  // An incident that was opened under its own key, before it was grouped, keeps that key.
  return turn.change === "opened" ? decideAtGate(state, turn, moment, "new") : { kind: "now", alert: "none" };
}

function findAlert(state: GroupState, { incident, change, createdAt }: GroupTurn): GroupAlert | undefined {
  const own = alertWith(state, incident);
  if (own || change !== "opened") return own ?? state.alerts.find(({ key }) => key === incident);
  return state.alerts.find(({ joinUntil, members }) =>
    createdAt <= joinUntil && members.some((member) => isOpen(member) && !member.isAcknowledged)
  );
}

function decideOfAlert(
  alert: GroupAlert,
  { wasTried }: GroupTurn,
  { nowMs, intervalMs }: Moment,
): GroupDecision {
  // The upper bound guards against a clock that stepped back.
  const isBusy = alert.busyUntil > nowMs && alert.busyUntil <= nowMs + BUSY_MS;
  if (isBusy) return { kind: "later", alert, at: Math.min(alert.busyUntil, nowMs + BUSY_PAUSE_MS) };
  const at = Math.min(alert.dueAt, nowMs + intervalMs);
  return at > nowMs && !wasTried ? { kind: "later", alert, at } : { kind: "now", alert };
}

function decideAtGate(
  state: GroupState,
  { wasTried }: GroupTurn,
  { nowMs, waitMs, intervalMs }: Moment,
  alert: "new" | "none",
): GroupDecision {
  const at = Math.min(state.dueAt, nowMs + Math.max(waitMs, intervalMs));
  if (wasTried) return { kind: "now", alert };
  if (at > nowMs) {
    const isKnown = state.isCollecting || waitMs === 0;
    return { kind: "later", alert, at, ...(!isKnown && { state: { ...state, isCollecting: true } }) };
  }
  if (state.isCollecting || waitMs === 0) return { kind: "now", alert };
  const dueAt = nowMs + waitMs;
  return { kind: "later", alert, at: dueAt, state: { ...state, dueAt, isCollecting: true } };
}

/** Whether another notice belongs in the message of this alert. */
export function isMate(state: GroupState, turn: GroupTurn, alert: AlertChoice): boolean {
  const found = findAlert(state, turn);
  if (alert === "none") return true;
  return alert === "new" ? !found && turn.change === "opened" : found === alert;
}

/** A message to send, and the state to store before sending it. */
export interface GroupMessage {
  state: GroupState;
  change: GroupTurn["change"];
  /** The alert's key. */
  key?: string;
  /** Number of open incidents in the alert. */
  open?: number;
  /** Sent as an ordinary event of one incident. */
  isAlone: boolean;
}

/** Joins notices into one message. `isTaken`: the receiver has another alert under this key. */
export function joinTurns(
  state: GroupState,
  turns: readonly [GroupTurn, ...GroupTurn[]],
  alert: AlertChoice,
  { nowMs, intervalMs, isTaken }: Moment & { isTaken(key: string): boolean },
): GroupMessage {
  if (alert === "none") {
    const next = { ...state, dueAt: nowMs + intervalMs, isCollecting: undefined };
    return { state: next, change: worst(turns), isAlone: turns.length === 1 };
  }
  const isNew = alert === "new";
  const key = isNew ? freeKey(turns[0], isTaken) : alert.key;
  const before = isNew ? [] : alert.members;
  const members = turns.reduce(apply, before);
  const next: GroupAlert = {
    key,
    joinUntil: members.length > before.length ? nowMs + intervalMs : isNew ? nowMs : alert.joinUntil,
    dueAt: nowMs + intervalMs,
    busyUntil: nowMs + BUSY_MS,
    members,
  };
  const others = state.alerts.filter((one) => one !== alert && !isForgotten(one, nowMs));
  const open = members.filter(isOpen);
  const change = changeOf(turns, open);
  const [turn] = turns;
  return {
    state: { ...state, ...(isNew && { dueAt: 0, isCollecting: undefined }), alerts: [...others, next] },
    change,
    key,
    open: open.length,
    isAlone: turns.length + members.length === 2 && key === turn.incident && change === turn.change,
  };
}

/**
 * An alert without news for `OPEN_MS`, or an ended one for `OVER_MS`, after which the outbox has given up.
 */
const isForgotten = ({ dueAt, members }: GroupAlert, nowMs: number) =>
  nowMs - dueAt > (members.some(isOpen) ? OPEN_MS : OVER_MS);

/**
 * The incident's id if it is free, as for an ungrouped incident; else the id with a number, from the episode
 * up.
 */
function freeKey({ incident, episode }: GroupTurn, isTaken: (key: string) => boolean): string {
  let key = incident;
  for (let n = episode; isTaken(key); n++) key = `${incident}_${n}`;
  return key;
}

/** The members of an alert after a notice. A notice of an older episode changes nothing. */
function apply(members: readonly GroupMember[], { incident, episode, change }: GroupTurn): GroupMember[] {
  const known = members.find((member) => member.incident === incident);
  // Only an opening adds an incident to an alert.
  if (known ? known.episode > episode : change !== "opened") return [...members];
  const isSame = known?.episode === episode;
  const isAcknowledged = change === "acknowledged" || isSame && known.isAcknowledged;
  const isOver = change === "resolved" || isSame && known.isOver;
  const next: GroupMember = {
    incident,
    episode,
    ...(isAcknowledged && { isAcknowledged }),
    ...(isOver && { isOver }),
  };
  return [...members.filter((member) => member !== known), next];
}

const CHANGES = ["opened", "updated", "acknowledged", "resolved"] as const;

const worst = (turns: readonly GroupTurn[]) =>
  CHANGES.find((change) => turns.some((turn) => turn.change === change))!;

/** The change of an alert: resolved with its last incident, acknowledged once all open incidents are. */
function changeOf(turns: readonly GroupTurn[], open: readonly GroupMember[]): GroupTurn["change"] {
  if (open.length === 0) return "resolved";
  const change = worst(turns);
  if (change === "acknowledged" && open.every(({ isAcknowledged }) => isAcknowledged)) return change;
  return change === "opened" ? change : "updated";
}

/**
 * Frees an alert for its next message. With `isDone` no notice of the message is retried, so the resolved
 * incidents leave the alert.
 */
export function settleAlert(
  state: GroupState,
  key: string,
  { turns, isDone }: { turns: readonly GroupTurn[]; isDone: boolean },
): GroupState {
  const ended = new Set(turns.filter(({ change }) => change === "resolved").map(({ incident }) => incident));
  const alerts = state.alerts.map((alert): GroupAlert =>
    alert.key === key
      ? {
        ...alert,
        busyUntil: 0,
        members: alert.members.filter((member) => !(isDone && member.isOver && ended.has(member.incident))),
      }
      : alert
  );
  return { ...state, alerts: alerts.filter(({ members }) => members.length > 0) };
}
