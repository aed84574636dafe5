/** Which rollouts of a target Assay was told of: they anchor gates and are drawn on timelines. Kept as memos. */
import * as z from "zod";
import { decode } from "../codec.ts";
import type { Clock } from "../../base/ports.ts";
import type { Memo, Store } from "../store.ts";

/** One deployment of one target. */
export interface Deployment {
  target: string;
  /** Epoch ms. */
  at: number;
  version?: string;
  /** An opaque id that a gate may be asked about. */
  anchor?: string;
  environment?: string;
  /** Where a person reads more. */
  url?: string;
  /** Who told: `api`, `flagger`, `github`, `argo`. */
  source: string;
}

/** The rollouts of every target. */
export interface Rollouts {
  /** The recorded deployments of a target, newest first; at most 200. Another process's are seen within a second. */
  of(target: string): Promise<readonly Deployment[]>;
  /** Keeps a deployment; the same one again changes nothing. Answers it as it is kept. */
  record(deployment: Deployment): Promise<Deployment>;
  /**
   * When a rollout id was first asked about (epoch ms): now, if it is new, or was not asked about for 30 minutes. A recorded
   * deployment with this anchor or version is older news, and wins.
   */
  since(target: string, anchor: string): Promise<number>;
}

const KEPT = 200;
const SEEN_KEPT = 50;
const FRESH_MS = 1_000;
const TOUCH_MS = 300_000;
/** A rollout tool asks every few minutes; the same id after this long is the same template rolled out again. */
const IDLE_MS = 1_800_000;
const SEEN_MS = 7 * 86_400_000;
const CACHED = 1_000;
const SAME_MS = 20;

const deployment = z.object({
  target: z.string(),
  at: z.number(),
  version: z.string().optional(),
  anchor: z.string().optional(),
  environment: z.string().optional(),
  url: z.string().optional(),
  source: z.string(),
});
const seen = z.object({ first: z.number(), last: z.number() });
type Seen = z.infer<typeof seen>;

const read = (memo: Memo) => decode(deployment, memo.value, `deployment ${memo.key}`);
/** No target id begins so: ids that were only asked about are no deployments. */
const seenKey = (target: string, anchor = "") => `~${target}/${anchor}`;

/** Rollouts over one store; deployments are kept for `keepMs`. */
export function rollouts(
  clock: Clock,
  store: Pick<Store, "tell" | "told" | "unsay">,
  keepMs: number,
): Rollouts {
  const lists = new Map<string, { readAt: number; list: Promise<readonly Deployment[]> }>();
  const known = new Map<string, Seen>();

  const bounded = <T>(map: Map<string, T>, key: string, value: T) => {
    map.delete(key);
    map.set(key, value);
    if (map.size > CACHED) map.delete(map.keys().next().value!);
  };

  const of = (target: string) => {
    const cached = lists.get(target);
    if (cached && clock.elapsed() - cached.readAt < FRESH_MS) return cached.list;
    const list = store.told({ kind: "deployment", under: `${target}/`, limit: KEPT })
      .then((memos) => memos.map(read).reverse());
    list.catch(() => lists.delete(target));
    bounded(lists, target, { readAt: clock.elapsed(), list });
    return list;
  };

  const trim = async (under: string, most: number, ageOf: (memo: Memo) => number) => {
    const memos = await store.told({ kind: "deployment", under, limit: most + 1 });
    if (memos.length <= most) return;
    const [oldest] = memos.toSorted((a, b) => ageOf(a) - ageOf(b));
    await store.unsay("deployment", oldest!.key);
  };

  const record = async (wanted: Deployment): Promise<Deployment> => {
    for (let at = wanted.at; at < wanted.at + SAME_MS; at++) {
      const kept = { ...wanted, at };
      const key = `${wanted.target}/${String(at).padStart(14, "0")}`;
      const [memo] = (await store.told({ kind: "deployment", under: key, limit: 1 })).filter((it) =>
        it.key === key
      );
      if (memo && !same(read(memo), kept)) continue;
      const value = JSON.stringify(kept);
      await store.tell({
        kind: "deployment",
        key,
        order: at,
        value,
        expiresAt: Math.max(clock.now(), at) + keepMs,
      });
      await trim(`${wanted.target}/`, KEPT, ({ order }) => order);
      lists.delete(wanted.target);
      return kept;
    }
    throw new Error(`Too many deployments of ${wanted.target} at ${wanted.at}`);
  };

  const firstSeen = async (target: string, anchor: string): Promise<number> => {
    const [key, now] = [seenKey(target, anchor), clock.now()];
    const lately = known.get(key);
    if (lately && Math.abs(now - lately.last) < TOUCH_MS) return lately.first;
    const memos = await store.told({ kind: "deployment", under: key, limit: SEEN_KEPT + 1 });
    const memo = memos.find((it) => it.key === key);
    const before = memo && decode(seen, memo.value, `anchor ${key}`);
    const first = before && now - before.last < IDLE_MS ? before.first : now;
    const value = JSON.stringify({ first, last: now });
    await store.tell({ kind: "deployment", key, order: now, value, expiresAt: now + SEEN_MS });
    if (!memo) await trim(seenKey(target), SEEN_KEPT, ({ order }) => order);
    bounded(known, key, { first, last: now });
    return first;
  };

  return {
    of,
    record,
    async since(target, anchor) {
      const told = (await of(target)).find((it) => it.anchor === anchor || it.version === anchor);
      return told ? told.at : await firstSeen(target, anchor);
    },
  };
}

const same = (a: Deployment, b: Deployment) =>
  JSON.stringify({ ...a, at: 0 }, ORDER) === JSON.stringify({ ...b, at: 0 }, ORDER);
const ORDER = ["target", "version", "anchor", "environment", "url", "source"];
