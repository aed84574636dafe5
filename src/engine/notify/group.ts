/**
 * Incidents that turn together are one message. What is known of one group of one webhook, and what follows from it; pure.
 *
 *     first -> (groupWait) -> sent -> what follows within groupInterval waits -> sent as one -> ...
 *
 * A receiver that holds an alert for each key gets one for all that turned together, under the key of the first. An alert takes
 * what opens within groupInterval of the last that it took; what opens later is an alert of its own, so that it pages. It ends with
 * the last of its incidents. Times are epoch ms.
 */
import { DAY_MS, SECOND_MS } from "../../base/time.ts";
import type { GroupAlert, GroupMember, GroupState } from "../../storage/records/groups.ts";

/** A notice of a group. */
export interface GroupTurn {
  id: string;
  incident: string;
  episode: number;
  change: "opened" | "updated" | "acknowledged" | "resolved";
  createdAt: number;
  /** Whether it was sent before. */
  wasTried: boolean;
}

/** When messages of a group go, ms. */
export interface GroupTimes {
  waitMs: number;
  intervalMs: number;
}

interface Moment extends GroupTimes {
  nowMs: number;
  /** Whether its receiver holds alerts. */
  holdsAlerts: boolean;
}

/** The alert that a notice is of, or a new one; none: its receiver holds none, or it goes by itself. */
export type AlertChoice = GroupAlert | "new" | "none";

/** Whether a notice goes now. Later: `state` is to be kept if it is there. */
export type GroupDecision =
  & { alert: AlertChoice }
  & ({ kind: "now" } | { kind: "later"; at: number; state?: GroupState });

/** A message of an alert is on its way for no longer. */
const BUSY_MS = 45 * SECOND_MS;
/** An alert that is on its way is looked at again so soon. */
const BUSY_PAUSE_MS = 2 * SECOND_MS;
/** So long an alert is remembered that does not end, and one whose end was not taken: the outbox tries for three days. */
const OPEN_MS = 90 * DAY_MS;
const OVER_MS = 4 * DAY_MS;

const isOpen = ({ isOver }: GroupMember) => !isOver;

/** The alert that an incident is of. */
export const alertWith = ({ alerts }: GroupState, incident: string): GroupAlert | undefined =>
  alerts.find(({ members }) => members.some((member) => member.incident === incident));

/** When a notice goes. */
export function decideTurn(state: GroupState, turn: GroupTurn, moment: Moment): GroupDecision {
  if (!moment.holdsAlerts) return decideAtGate(state, turn, moment, "none");
  const alert = findAlert(state, turn);
  if (alert) return decideOfAlert(alert, turn, moment);
  // What was opened under its own key, before there were groups, goes on so.
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
  // A clock may have stepped back.
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

/** Whether another notice goes in the message that a decision is about. */
export function isMate(state: GroupState, turn: GroupTurn, alert: AlertChoice): boolean {
  const found = findAlert(state, turn);
  if (alert === "none") return true;
  return alert === "new" ? !found && turn.change === "opened" : found === alert;
}

/** A message that is to be sent, and the state to keep before it is. */
export interface GroupMessage {
  state: GroupState;
  change: GroupTurn["change"];
  /** The alert's key. */
  key?: string;
  /** Incidents of the alert that are open. */
  open?: number;
  /** It is sent as if there were no group. */
  isAlone: boolean;
}

/** The message of these notices. `isTaken`: the receiver holds another alert under this key. */
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

/** An alert whose incidents had no news for long, or whose end was not taken until the outbox gave up. */
const isForgotten = ({ dueAt, members }: GroupAlert, nowMs: number) =>
  nowMs - dueAt > (members.some(isOpen) ? OPEN_MS : OVER_MS);

/** The incident's own id, so that one alone is sent as ever; a later episode while the first key is held has another. */
function freeKey({ incident, episode }: GroupTurn, isTaken: (key: string) => boolean): string {
  let key = incident;
  for (let n = episode; isTaken(key); n++) key = `${incident}_${n}`;
  return key;
}

/** The members of an alert after a notice of it. One of an older episode changes nothing. */
function apply(members: readonly GroupMember[], { incident, episode, change }: GroupTurn): GroupMember[] {
  const known = members.find((member) => member.incident === incident);
  // What an alert does not hold joins it by its opening only.
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

/** What has become of an alert: it ends with the last of its incidents, and is taken on once all of them are. */
function changeOf(turns: readonly GroupTurn[], open: readonly GroupMember[]): GroupTurn["change"] {
  if (open.length === 0) return "resolved";
  const change = worst(turns);
  if (change === "acknowledged" && open.every(({ isAcknowledged }) => isAcknowledged)) return change;
  return change === "opened" ? change : "updated";
}

/** After a message of an alert: free for the next. `isDone`: no notice of it goes again, so that what is over leaves. */
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
