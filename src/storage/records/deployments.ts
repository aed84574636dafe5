/** The recorded deployments of each target, kept as records: they anchor gates and are drawn on timelines. */
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
  /** An opaque id that a gate may be asked about. */
  anchor?: string;
  environment?: string;
  /** Where a person reads more. */
  url?: string;
  /** Who recorded it: `api`, `flagger`, `github`, `argo`. */
  source: string;
}

/** The rollouts of every target. */
export interface DeploymentStore {
  /** The recorded deployments of a target, newest first; at most 200. Another process's are seen within a second. */
  list(target: string): Promise<readonly Deployment[]>;
  /** Keeps a deployment; the same one again changes nothing. Answers it as it is kept. */
  record(deployment: Deployment): Promise<Deployment>;
  /**
   * When a rollout id was first asked about (epoch ms): now, if it is new, or was not asked about for 30 minutes. A recorded
   * deployment with this anchor or version is older news, and wins.
   */
  anchorTime(target: string, anchor: string): Promise<number>;
}

const KEPT = 200;
/** So many deployments of all targets together are read at once. */
const FEW = 500;
const SEEN_KEPT = 50;
const FRESH_MS = 1_000;
const TOUCH_MS = 5 * MINUTE_MS;
/** A rollout tool asks every few minutes; the same id after this long is the same template rolled out again. */
const IDLE_MS = 30 * MINUTE_MS;
const SEEN_MS = 7 * DAY_MS;
const CACHED = 1_000;
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
 * Earlier versions kept anchors and approvals under kind `deployment` too. Their keys begin so, as no target id does, and sort after all
 * deployments. They expire within days of the upgrade.
 */
const LEGACY_PREFIX = "~";

/** Rollouts over one store; deployments are kept for `keepMs`. */
export function deploymentStore(
  clock: Clock,
  store: RecordStore,
  keepMs: number,
): DeploymentStore {
  const lists = new Cache<string, Promise<readonly Deployment[]>>({ max: CACHED, ttlMs: FRESH_MS, clock });
  const known = new Cache<string, AnchorUse>({ max: CACHED });

  let recorded = 0;
  /** The rows of all targets by target; null: they are too many to read at once. */
  const few = memoize(clock, async () => {
    const rows = await store.listRecords({ kind: "deployment", limit: FEW + 1 });
    return rows.length > FEW ? null : Map.groupBy(rows, ({ key }) => key.slice(0, key.lastIndexOf("/")));
  }, () => recorded);

  const of = (target: string) =>
    lists.load(target, async () => {
      // A thousand gates ask of a thousand targets, most of which are never deployed: one question for all.
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
    list: of,
    record,
    async anchorTime(target, anchor) {
      const deployed = (await of(target)).find((it) => it.anchor === anchor || it.version === anchor);
      return deployed ? deployed.at : await firstAskedAt(target, anchor);
    },
  };
}

/** Where and when all targets were deployed, by key; at most `limit`, the last ones. */
export async function listDeployments(
  store: RecordStore,
  limit: number,
): Promise<Pick<Deployment, "target" | "at">[]> {
  for (let most = limit;; most *= 2) {
    const rows = await store.listRecords({ kind: "deployment", limit: most });
    const deployments = rows.filter(({ key }) => !key.startsWith(LEGACY_PREFIX));
    // Legacy rows sort last, and must not take the place of deployments.
    if (deployments.length < limit && rows.length === most) continue;
    return deployments.slice(-limit).map(({ key, order }) => ({ target: key.split("/")[0]!, at: order }));
  }
}

const isSame = (a: Deployment, b: Deployment) =>
  JSON.stringify({ ...a, at: 0 }, ORDER) === JSON.stringify({ ...b, at: 0 }, ORDER);
const ORDER = ["target", "version", "anchor", "environment", "url", "source"];
