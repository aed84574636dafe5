/** Acknowledgements, comments and public announcements of incidents, stored as records. */
import * as z from "../../base/zod.ts";
import { DAY_MS } from "../../base/time.ts";
import type { Incident } from "../../judgement/incident.ts";
import { parseRow } from "../codec.ts";
import type { RecordStore, StoredRecord } from "../store.ts";

/** The most comments of one incident. */
export const MAX_COMMENTS = 200;
/** The most comments read for a list of incidents. */
const MAX_LISTED = 1_000;
/** Extra retention beyond that of resolved incidents, because an incident may stay open for long. */
const SPARE_MS = 90 * DAY_MS;

/** An `announcement` is public; the newest one of an incident replaces earlier ones. */
export const COMMENT_KINDS = ["acknowledged", "comment", "announcement"] as const;

const storedComment = z.object({
  kind: z.enum(COMMENT_KINDS),
  at: z.number(),
  by: z.string(),
  text: z.optional(z.string()),
});
/** One comment. `at` is epoch ms; `by` is a token's id, or the receiver whose link was used. */
export type IncidentComment = z.infer<typeof storedComment>;

const decodeComment = ({ key, value }: StoredRecord) => parseRow(storedComment, value, `comment ${key}`);

/** Encodes a comment as a record; `keepMs` is the retention of resolved incidents. */
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

/** Comments by incident id: the last 1,000 by key, whose incident id starts with its time. */
export async function listNewestComments(store: RecordStore): Promise<Map<string, IncidentComment[]>> {
  const records = await store.listRecords({ kind: "remark", limit: MAX_LISTED });
  const byIncident = Map.groupBy(records, ({ key }) => key.slice(0, key.lastIndexOf("/")));
  return new Map([...byIncident].map(([id, records]) => [id, records.map(decodeComment)]));
}

/** The current public announcement. */
export const announcementOf = (comments: readonly IncidentComment[] = []): IncidentComment | undefined =>
  comments.findLast(({ kind }) => kind === "announcement");

/** The first acknowledgement of the current episode. */
export function acknowledgementOf(
  { timeline, openedAt }: Incident,
  comments: readonly IncidentComment[] = [],
): IncidentComment | undefined {
  const opened = timeline.findLast(({ change }) => change === "opened")?.at ?? openedAt;
  return comments.find(({ kind, at }) => kind === "acknowledged" && at >= opened);
}
