/**
 * What a silence makes of a notice.
 *
 *     silenced now? -> held | it was over before the silence was -> dropped | else -> sent
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

/** A held notice is looked at again this often, so that a silence may end early. */
const HELD_MS = MINUTE_MS;
/** How long silences that were read count: a call may last for as long as receivers hang. */
const SILENCES_MS = 5_000;
/** Notices of an incident among which its opening is looked for, the newest first. */
const MAX_SCANNED = 500;
/** Why a held notice is not sent. */
const OVER_BEFORE_SENT = "silenced: it was over before the silence was";

/** All silences, as they stood a few seconds ago at most. */
export type SilenceReader = () => Promise<readonly Silence[]>;

/** A reader of a source, for one call of a deliverer. */
export function silenceReader({ clock }: Pick<Ports, "clock">, source: SilenceSource): SilenceReader {
  return memoize(clock, () => source(clock.now()), undefined, SILENCES_MS);
}

/** What is asked whether a notice is to be held. */
interface SilenceContext {
  store: IncidentStore & OutboxStore;
  config: Config;
  silences: SilenceReader;
}

/** What a silence makes of a notice: later, or never. */
export async function applySilence(
  context: SilenceContext,
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  // It was dropped already, and somebody asks for it.
  if (delivery.lastError === OVER_BEFORE_SENT) return undefined;
  const all = await context.silences();
  const incident = all.length > 0 ? await context.store.getIncident(delivery.incident) : null;
  // A silence is about targets, and hides no trouble of Assay's own.
  if (!incident || incident.target === OWN_TARGET) return undefined;
  const subject = noticeSubject(context.config, incident, delivery);
  const silence = activeSilence(all, subject, nowMs);
  if (silence) {
    const nextAt = Math.min(silence.until, nowMs + HELD_MS);
    return { state: "pending", nextAt, lastError: `silenced by ${silence.id}` };
  }
  // What was still true when its turn came is tried until it is taken.
  if (delivery.attempts > 0) return undefined;
  const opening = delivery.type === "incident.resolved"
    ? await openingOf(context.store, incident, delivery)
    : undefined;
  // A webhook whose opening was attempted also gets the resolution.
  const moot = opening ? opening.lastError === OVER_BEFORE_SENT : isMoot(all, subject, incident, delivery);
  return moot ? { state: "dead", nextAt: nowMs, lastError: OVER_BEFORE_SENT } : undefined;
}

/** What a notice is about. A target that left the config has the labels that it had when the notice was written. */
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

/** The notice of the opening that this notice of an end belongs to; undefined if the webhook takes none, or it is forgotten. */
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
