/** Acknowledges incidents: records it, and notifies the sinks that were notified of the incident. */
import type { Config } from "../../config/config.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Ports } from "../../base/ports.ts";
import {
  acknowledgementOf,
  encodeComment,
  type IncidentComment,
  listComments,
} from "../../storage/records/comments.ts";
import type { StatesReader } from "../../storage/states.ts";
import type { OutboxStore, RecordStore } from "../../storage/store.ts";
import { notices } from "./notice.ts";

/** What recording and announcing an acknowledgement needs. */
export interface AcknowledgeContext {
  ports: Pick<Ports, "clock" | "log" | "random">;
  config: Config;
  store: RecordStore & OutboxStore;
  states: StatesReader;
}

/**
 * Acknowledges an open incident and returns the record. `by` is shown as the author. Only the first
 * acknowledgement of an episode is announced.
 */
export async function acknowledge(
  { ports: { clock, log, random }, config, store, states }: AcknowledgeContext,
  incident: Incident,
  { by, text }: Pick<IncidentComment, "by" | "text">,
): Promise<IncidentComment> {
  const { id, episode, target, check } = incident;
  const comment: IncidentComment = { kind: "acknowledged", at: clock.now(), by, ...(text && { text }) };
  const key = `${target}/${check}`;
  if (!acknowledgementOf(incident, await listComments(store, id))) {
    const context = {
      ...{ config, slot: comment.at, state: (await states())[key] },
      check: config.checks.find((check) => check.key === key),
    };
    // The record comes last, so that a retry after a failure still notifies.
    await store.enqueue(notices({ incident, change: "acknowledged", acknowledgement: comment }, context));
  }
  await store.putRecord(encodeComment(id, comment, { keepMs: config.retention.incidentsMs, random }));
  log.info("incident acknowledged", { incident: id, episode, target, check, by });
  return comment;
}
