/** What incidents of a group may have in common, beside the labels of their targets. */
export const GROUP_FIELDS = ["target", "check", "family", "kind", "severity", "region"] as const;
/** In place of all of them, as in Alertmanager: each incident is a message of its own. */
export const UNGROUPED = "...";
