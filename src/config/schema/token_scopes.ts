/** What a token may be good for: reading detail, pushing reports, acting on what is seen, and all of it. */
export const TOKEN_SCOPES = ["read", "report", "operate", "admin"] as const;

/** One of {@linkcode TOKEN_SCOPES}. */
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** Tokens of one config at most: each request is compared with this many. */
export const MAX_TOKENS = 100;
