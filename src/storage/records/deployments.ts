/** Deployments of each target, stored as records. They anchor gates and appear on timelines. */
import * as z from "../../base/zod.ts";
import { parseRow } from "../codec.ts";
import type { Clock } from "../../base/ports.ts";
import type { RecordStore, StoredRecord } from "../store.ts";
import { DAY_MS, MINUTE_MS } from "../../base/time.ts";
import { Cache, memoize } from "../../base/cache.ts";

/** One deployment of one target. */
export interface Deployment {
  target: string;
  /** Epoch ms. */
  at: number;
  version?: string;
  /** An opaque id by which gates may refer to it. */
  anchor?: string;
  environment?: string;
  /** Link to details. */
  url?: string;
  /** Who recorded it: `api`, `flagger`, `github`, `argo`. */
  source: string;
}

/** Deployments of all targets. */
export interface DeploymentStore {
  /**
   * The newest 200 deployments of a target, newest first. Another process's deployments appear within a
   * second.
   */
  list(target: string): Promise<readonly Deployment[]>;
  /**
   * Stores a deployment and returns it as stored. Idempotent; `at` moves if another deployment has the same
   * instant.
   */
  record(deployment: Deployment): Promise<Deployment>;
  /**
   * When a rollout began (epoch ms): the time of the deployment with this anchor or version if one is
   * recorded, else the first request about this id. An id without requests for 30 minutes starts again now.
   */
  anchorTime(target: string, anchor: string): Promise<number>;
}

const KEPT = 200;
/** Up to this many deployments, all targets are read together. */
const FEW = 500;
const SEEN_KEPT = 50;
const FRESH_MS = 1_000;
const TOUCH_MS = 5 * MINUTE_MS;
/**
 * Rollout tools ask every few minutes; the same id after this pause is a new rollout of the same template.
 */
const IDLE_MS = 30 * MINUTE_MS;
const SEEN_MS = 7 * DAY_MS;
const CACHED = 1_000;
/** How far `record` moves a deployment to find a free instant. */
const SAME_MS = 20;

const deployment = z.object({
  target: z.string(),
  at: z.number(),
  version: z.optional(z.string()),
  anchor: z.optional(z.string()),
  environment: z.optional(z.string()),
  url: z.optional(z.string()),
  source: z.string(),
});
const anchorUse = z.object({ first: z.number(), last: z.number() });
type AnchorUse = z.infer<typeof anchorUse>;

const decodeDeployment = (row: StoredRecord) => parseRow(deployment, row.value, `deployment ${row.key}`);
/**
 * Earlier versions stored anchors and approvals under kind `deployment` too. Their keys start with this
 * character, which no target id contains, and sort after all deployments. They expire within days of an
 * upgrade.
 */
const LEGACY_PREFIX = "~";

/** Deployments in one store, with a retention of `keepMs`. */
export function deploymentStore(
  clock: Clock,
  store: RecordStore,
  keepMs: number,
): DeploymentStore {
  const lists = new Cache<string, Promise<readonly Deployment[]>>({ max: CACHED, ttlMs: FRESH_MS, clock });
  const known = new Cache<string, AnchorUse>({ max: CACHED });

  let recorded = 0;
  /** All rows by target; null if there are too many to read at once. */
  const few = memoize(clock, async () => {
    const rows = await store.listRecords({ kind: "deployment", limit: FEW + 1 });
    return rows.length > FEW ? null : Map.groupBy(rows, ({ key }) => key.slice(0, key.lastIndexOf("/")));
  }, () => recorded);

  const list = (target: string) =>
    lists.load(target, async () => {
      // Most of 1,000 targets have no deployments, so one query serves all their gates.
      const known = await few();
      const rows = known
        ? known.get(target) ?? []
        : await store.listRecords({ kind: "deployment", under: `${target}/`, limit: KEPT });
      return rows.slice(-KEPT).map(decodeDeployment).reverse();
    });

  const find = async (kind: StoredRecord["kind"], key: string) =>
    (await store.listRecords({ kind, under: key, limit: SEEN_KEPT + 1 })).find((row) => row.key === key);

  const trim = async (kind: StoredRecord["kind"], target: string, most: number) => {
    const rows = await store.listRecords({ kind, under: `${target}/`, limit: most + 1 });
    if (rows.length <= most) return;
    const [oldest] = rows.toSorted((a, b) => a.order - b.order);
    await store.deleteRecord(kind, oldest!.key);
  };

  const record = async (wanted: Deployment): Promise<Deployment> => {
    for (let at = wanted.at; at < wanted.at + SAME_MS; at++) {
      const kept = { ...wanted, at };
      const key = `${wanted.target}/${String(at).padStart(14, "0")}`;
      const row = await find("deployment", key);
      if (row && !isSame(decodeDeployment(row), kept)) continue;
      const value = JSON.stringify(kept);
      await store.putRecord({
        kind: "deployment",
        key,
        order: at,
        value,
        expiresAt: Math.max(clock.now(), at) + keepMs,
      });
      await trim("deployment", wanted.target, KEPT);
      recorded++;
      lists.delete(wanted.target);
      return kept;
    }
    throw new Error(`Too many deployments of ${wanted.target} at ${wanted.at}`);
  };

  const firstAskedAt = async (target: string, anchor: string): Promise<number> => {
    const [key, now] = [`${target}/${anchor}`, clock.now()];
    const lately = known.get(key);
    if (lately && Math.abs(now - lately.last) < TOUCH_MS) return lately.first;
    const own = await find("anchor", key);
    const row = own ?? await find("deployment", `${LEGACY_PREFIX}${key}`);
    const before = row && parseRow(anchorUse, row.value, `anchor ${key}`);
    const first = before && now - before.last < IDLE_MS ? before.first : now;
    const value = JSON.stringify({ first, last: now });
    await store.putRecord({ kind: "anchor", key, order: now, value, expiresAt: now + SEEN_MS });
    if (!own) await trim("anchor", target, SEEN_KEPT);
    known.set(key, { first, last: now });
    return first;
  };

  return {
    list,
    record,
    async anchorTime(target, anchor) {
      const deployed = (await list(target)).find((it) => it.anchor === anchor || it.version === anchor);
      return deployed ? deployed.at : await firstAskedAt(target, anchor);
    },
  };
}

/** Target and time of the last `limit` deployments, sorted by key. */
export async function listDeployments(
  store: RecordStore,
  limit: number,
): Promise<Pick<Deployment, "target" | "at">[]> {
  for (let most = limit;; most *= 2) {
    const rows = await store.listRecords({ kind: "deployment", limit: most });
    const deployments = rows.filter(({ key }) => !key.startsWith(LEGACY_PREFIX));
    // Legacy rows sort last and would crowd out deployments.
    if (deployments.length < limit && rows.length === most) continue;
    return deployments.slice(-limit).map(({ key, order }) => ({ target: key.split("/")[0]!, at: order }));
  }
}

const isSame = (a: Deployment, b: Deployment) =>
  JSON.stringify({ ...a, at: 0 }, ORDER) === JSON.stringify({ ...b, at: 0 }, ORDER);
const ORDER = ["target", "version", "anchor", "environment", "url", "source"];
