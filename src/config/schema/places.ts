/** Cloudflare's location hints for Durable Objects. */
export const PLACES = [
  "wnam",
  "enam",
  "weur",
  "eeur",
  "apac",
  "apac-ne",
  "apac-se",
  "oc",
  "sam",
  "afr",
  "me",
] as const;
