import type { Delivery, NewNotice } from "../../storage/store.ts";

/** The type of a reminder timer: a notice that is never sent, but writes the next reminder when due. */
export const REMINDER = "incident.reminder";

/** A reminder timer. Its negative episode gives it its own queue, so that it does not block other notices. */
export const reminderAt = (notice: NewNotice | Delivery, at: number): NewNotice => ({
  id: `${notice.id.replace(/_at[0-9a-z]+$/, "")}_at${at.toString(36)}`,
  webhook: notice.webhook,
  incident: notice.incident,
  episode: -Math.abs(notice.episode ?? 0),
  type: REMINDER,
  body: notice.body,
  createdAt: at,
  notBefore: at,
});
