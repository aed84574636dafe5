/** The result of a run: judgements, changes of incidents, and what the receivers got. */
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

/** One judgement, as its commit holds it. */
export interface KeptJudgement {
  /** Of which commit of the run, from 0. */
  commit: number;
  /** When it was written, epoch ms. */
  at: number;
  /** What is new in history. */
  walks: KeptWalk[];
  state: CheckState;
  incidents: Incident[];
}

/** One change of an incident, in the order of commits. */
export interface Told {
  /** When it was written, epoch ms. */
  at: number;
  incident: string;
  change: "opened" | "updated" | "resolved";
  kind: Incident["kind"];
  scope: string;
  episode: number;
}

/** One message as a receiver took it. */
export interface Receipt {
  webhook: string;
  id: string;
  body: string;
  /** The notices in it: its own id, or those of a group. */
  notices: readonly string[];
}

/** A message with its notices. */
export function receiptOf(message: Omit<Receipt, "notices">): Receipt {
  const { data: { group } }: WebhookEvent = JSON.parse(message.body);
  return { ...message, notices: group?.items.map(({ notice }) => notice) ?? [message.id] };
}

/** Writes down what the store of a run applies to one check, of the incidents those that `isTold` names, and what its receivers take. */
export class Record {
  readonly judgements: KeptJudgement[] = [];
  readonly told: Told[] = [];
  readonly receipts: Receipt[] = [];
  /** Notices by id, as they were first written. */
  readonly notices = new Map<string, string>();
  readonly #lines = new Map<number, Map<string, string>>();
  #commits = 0;

  constructor(readonly checkKey: string, readonly isTold: (checkKey: string) => boolean = () => true) {}

  commit(commit: Commit, at: number): void {
    const number = this.#commits++;
    for (const { id, webhook } of commit.notices) {
      if (!this.notices.has(id)) this.notices.set(id, webhook);
    }
    const incidents = commit.incidents.filter(({ target, check }) => this.isTold(`${target}/${check}`));
    for (const { id, timeline, kind, scope, episode } of incidents) {
      const { change } = timeline.at(-1)!;
      this.told.push({ at, incident: id, change, kind, scope, episode });
    }
    const walks = commit.samples.flatMap(({ slot, data }) => this.#newWalks(slot, data));
    const shard = commit.shards.find(({ state }) => state.includes(`"${this.checkKey}"`));
    if (!shard) return;
    // It is our own text, written a moment ago: read without a look at its shape, for speed.
    const state: CheckState = JSON.parse(shard.state)[this.checkKey];
    this.judgements.push({ commit: number, at, walks, state, incidents });
  }

  /** What a line of history says that it did not say before. */
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
