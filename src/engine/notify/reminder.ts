import type { Delivery, NewNotice } from "../../storage/store.ts";

/** The type of a notice that is never sent: at its time the next reminder is written. */
export const REMINDER = "incident.reminder";

/** The time of a reminder, in a queue of its own: it holds nothing back. */
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
