/**
 * Applies silences to a notice.
 *
 *     silenced now -> held | incident ended before the silence did -> dropped | else -> sent
 */
import * as z from "../../base/zod.ts";
import type { Config } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import { OWN_TARGET } from "../../judgement/own_incident.ts";
import type { Ports } from "../../base/ports.ts";
import { activeSilence, isMoot, type Silence, type SilenceSubject } from "../../storage/records/silences.ts";
import type { SilenceSource } from "../../storage/records/maintenance.ts";
import type { Delivery, IncidentStore, OutboxStore, Receipt } from "../../storage/store.ts";
import { memoize } from "../../base/cache.ts";
import { MINUTE_MS } from "../../base/time.ts";

/** How often a held notice is checked again, because a silence may end early. */
const HELD_MS = MINUTE_MS;
/** How long a read of the silences is cached. Calls can be long, while receivers hang. */
const SILENCES_MS = 5_000;
/** How many notices of an incident are searched for its opening, newest first. */
const MAX_SCANNED = 500;
/** `lastError` of a notice whose incident ended during a silence. Stored and compared: do not change it. */
const OVER_BEFORE_SENT = "silenced: it was over before the silence was";

/** Reads all silences, at most a few seconds old. */
export type SilenceReader = () => Promise<readonly Silence[]>;

/** A cached reader for one call of a deliverer. */
export function silenceReader({ clock }: Pick<Ports, "clock">, source: SilenceSource): SilenceReader {
  return memoize(clock, () => source(clock.now()), undefined, SILENCES_MS);
}

/** Where silences and incidents are read. */
interface SilenceContext {
  store: IncidentStore & OutboxStore;
  config: Config;
  silences: SilenceReader;
}

/** The receipt of a notice that a silence holds or drops; undefined if none does. */
export async function applySilence(
  context: SilenceContext,
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  // A manual retry of a dropped notice is sent.
  if (delivery.lastError === OVER_BEFORE_SENT) return undefined;
  const all = await context.silences();
  const incident = all.length > 0 ? await context.store.getIncident(delivery.incident) : null;
  // Silences apply to targets, never to Assay's own incidents.
  if (!incident || incident.target === OWN_TARGET) return undefined;
  const subject = noticeSubject(context.config, incident, delivery);
  const silence = activeSilence(all, subject, nowMs);
  if (silence) {
    const nextAt = Math.min(silence.until, nowMs + HELD_MS);
    return { state: "pending", nextAt, lastError: `silenced by ${silence.id}` };
  }
  // After its first attempt a notice is retried, whatever becomes of the incident.
  if (delivery.attempts > 0) return undefined;
  const opening = delivery.type === "incident.resolved"
    ? await openingOf(context.store, incident, delivery)
    : undefined;
  // A webhook whose opening was attempted also gets the resolution.
  const moot = opening ? opening.lastError === OVER_BEFORE_SENT : isMoot(all, subject, incident, delivery);
  return moot ? { state: "dead", nextAt: nowMs, lastError: OVER_BEFORE_SENT } : undefined;
}

/** The subject of a notice. If its target has left the config, the labels come from the notice. */
export function noticeSubject(
  { targets }: Config,
  { target, check }: Incident,
  { body }: Delivery,
): SilenceSubject {
  const labels = targets.find(({ id }) => id === target)?.labels ?? labelsIn(body);
  return { target, check, labels };
}

const labelled = z.object({
  data: z.object({ target: z.object({ labels: z.record(z.string(), z.string()) }) }),
});

function labelsIn(body: string): Record<string, string> {
  try {
    return labelled.safeParse(JSON.parse(body)).data?.data.target.labels ?? {};
  } catch {
    return {};
  }
}

/**
 * The opening notice of this notice's episode; undefined if the webhook gets no openings or it is no longer
 * stored.
 */
export async function openingOf(
  store: OutboxStore,
  { id: incident, timeline }: Incident,
  { webhook, createdAt, episode }: Delivery,
): Promise<Delivery | undefined> {
  const at = timeline.findLast(({ change, at }) => change === "opened" && at <= createdAt)?.at;
  const { items } = await store.listDeliveries({ incident, limit: MAX_SCANNED });
  return items.find((one) =>
    one.webhook === webhook && one.type === "incident.opened" &&
    (episode === undefined ? one.createdAt === at : one.episode === episode)
  );
}
