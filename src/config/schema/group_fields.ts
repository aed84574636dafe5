/** Fields by which incidents may be grouped, besides the labels of their targets. */
export const GROUP_FIELDS = ["target", "check", "family", "kind", "severity", "region"] as const;
/** Disables grouping, as in Alertmanager: each incident is its own message. */
export const UNGROUPED = "...";
