/** Scopes of a token: read details, push reports, act on incidents and silences, or everything. */
export const TOKEN_SCOPES = ["read", "report", "operate", "admin"] as const;

/** One of {@linkcode TOKEN_SCOPES}. */
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** The most tokens of one config: each request is compared with all of them. */
export const MAX_TOKENS = 100;
