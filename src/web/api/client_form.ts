/** The forms of the client. */
export const CLIENT_FORMS = ["connection", "fetch"] as const;

/** One of them. */
export type ClientForm = (typeof CLIENT_FORMS)[number];
