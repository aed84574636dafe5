/** How a process sends probe requests: over its own connections, or by its runtime's `fetch`. */
export const CLIENT_FORMS = ["connection", "fetch"] as const;

/** One of {@linkcode CLIENT_FORMS}. */
export type ClientForm = (typeof CLIENT_FORMS)[number];
