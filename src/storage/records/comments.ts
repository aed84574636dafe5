/** Acknowledgements of incidents, comments on them and texts for the public, kept as records. */
import * as z from "../../base/zod.ts";
import { DAY_MS } from "../../base/time.ts";
import type { Incident } from "../../judgement/incident.ts";
import { parseRow } from "../codec.ts";
import type { RecordStore, StoredRecord } from "../store.ts";

/** At most so many are kept of one incident. */
export const MAX_COMMENTS = 200;
/** How many of the newest are looked through for a list of incidents. */
const MAX_LISTED = 1_000;
/** How much longer than a resolved incident they are kept: it may be open for long. */
const SPARE_MS = 90 * DAY_MS;

/** An `announcement` is for everybody; the newest of an incident replaces those before it. */
export const COMMENT_KINDS = ["acknowledged", "comment", "announcement"] as const;

const storedComment = z.object({
  kind: z.enum(COMMENT_KINDS),
  at: z.number(),
  by: z.string(),
  text: z.optional(z.string()),
});
/** One of them; `at` is epoch ms, `by` the id of a token, or through whose link. */
export type IncidentComment = z.infer<typeof storedComment>;

const decodeComment = ({ key, value }: StoredRecord) => parseRow(storedComment, value, `comment ${key}`);

/** A comment as the store keeps it; `keepMs` is how long a resolved incident is kept. */
export function encodeComment(
  incident: string,
  comment: IncidentComment,
  { keepMs, random }: { keepMs: number; random: () => number },
): StoredRecord {
  const time = comment.at.toString(36).padStart(9, "0");
  return {
    kind: "remark",
    key: `${incident}/${time}${Math.floor(random() * 36 ** 6).toString(36)}`,
    order: 0,
    value: JSON.stringify(comment),
    expiresAt: comment.at + keepMs + SPARE_MS,
  };
}

/** The comments on an incident, oldest first. */
export async function listComments(
  store: RecordStore,
  incident: string,
): Promise<IncidentComment[]> {
  const records = await store.listRecords({ kind: "remark", under: `${incident}/`, limit: MAX_COMMENTS });
  return records.map(decodeComment);
}

/** Comments by incident id: the newest 1,000. */
export async function listNewestComments(store: RecordStore): Promise<Map<string, IncidentComment[]>> {
  const records = await store.listRecords({ kind: "remark", limit: MAX_LISTED });
  const byIncident = Map.groupBy(records, ({ key }) => key.slice(0, key.lastIndexOf("/")));
  return new Map([...byIncident].map(([id, records]) => [id, records.map(decodeComment)]));
}

/** The text for the public. */
export const announcementOf = (comments: readonly IncidentComment[] = []): IncidentComment | undefined =>
  comments.findLast(({ kind }) => kind === "announcement");

/** The first acknowledgement since the incident was opened last; a new episode wants a new one. */
export function acknowledgementOf(
  { timeline, openedAt }: Incident,
  comments: readonly IncidentComment[] = [],
): IncidentComment | undefined {
  const opened = timeline.findLast(({ change }) => change === "opened")?.at ?? openedAt;
  return comments.find(({ kind, at }) => kind === "acknowledged" && at >= opened);
}
