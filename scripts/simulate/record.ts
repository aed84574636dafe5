/** The record of a run: judgements, incident changes, and received messages. */
import type { Trace } from "../../src/judgement/assess.ts";
import type { Incident } from "../../src/judgement/incident.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import type { WebhookEvent } from "../../src/engine/notify/event.ts";
import type { Commit } from "../../src/storage/store.ts";

/** One walk of one prober, as history keeps it. */
export interface KeptWalk {
  slot: number;
  trace: Trace;
}

/** One judgement, as its commit stores it. */
export interface KeptJudgement {
  /** The number of its commit in the run, from 0. */
  commit: number;
  /** When it was written, epoch ms. */
  at: number;
  /** The walks that this commit adds to history. */
  walks: KeptWalk[];
  state: CheckState;
  incidents: Incident[];
}

/** One change of an incident. */
export interface IncidentChange {
  /** When it was written, epoch ms. */
  at: number;
  incident: string;
  change: "opened" | "updated" | "resolved";
  kind: Incident["kind"];
  scope: string;
  episode: number;
}

/** One message as a receiver got it. */
export interface Receipt {
  webhook: string;
  id: string;
  body: string;
  /** The ids of the notices in it: its own, or those of a group. */
  notices: readonly string[];
}

/** Adds the ids of its notices to a message. */
export function receiptOf(message: Omit<Receipt, "notices">): Receipt {
  const { data: { group } }: WebhookEvent = JSON.parse(message.body);
  return { ...message, notices: group?.items.map(({ notice }) => notice) ?? [message.id] };
}

/**
 * Records one check's judgements, the incident changes of the checks that `isTracked` accepts, and the
 * received messages.
 */
export class Record {
  readonly judgements: KeptJudgement[] = [];
  /** In the order of commits. */
  readonly changes: IncidentChange[] = [];
  readonly receipts: Receipt[] = [];
  /** Notices by id, as they were first written. */
  readonly notices = new Map<string, string>();
  readonly #lines = new Map<number, Map<string, string>>();
  #commits = 0;

  constructor(readonly checkKey: string, readonly isTracked: (checkKey: string) => boolean = () => true) {}

  commit(commit: Commit, at: number): void {
    const number = this.#commits++;
    for (const { id, webhook } of commit.notices) {
      if (!this.notices.has(id)) this.notices.set(id, webhook);
    }
    const incidents = commit.incidents.filter(({ target, check }) => this.isTracked(`${target}/${check}`));
    for (const { id, timeline, kind, scope, episode } of incidents) {
      const { change } = timeline.at(-1)!;
      this.changes.push({ at, incident: id, change, kind, scope, episode });
    }
    const walks = commit.samples.flatMap(({ slot, data }) => this.#newWalks(slot, data));
    const shard = commit.shards.find(({ state }) => state.includes(`"${this.checkKey}"`));
    if (!shard) return;
    // Skips schema validation for speed: this process has just written the text.
    const state: CheckState = JSON.parse(shard.state)[this.checkKey];
    this.judgements.push({ commit: number, at, walks, state, incidents });
  }

  /** The walks in a history line that earlier versions of the line did not have. */
  #newWalks(slot: number, data: string): KeptWalk[] {
    const known = this.#lines.get(slot) ?? new Map<string, string>();
    this.#lines.set(slot, known);
    const traces: Trace[] = JSON.parse(data)[this.checkKey]?.traces ?? [];
    return traces.flatMap((trace) => {
      const text = JSON.stringify(trace);
      if (known.get(trace.prober) === text) return [];
      known.set(trace.prober, text);
      return [{ slot, trace }];
    });
  }
}
