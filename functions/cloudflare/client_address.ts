import type { Peer } from "../../src/web/api/middleware/client_address.ts";

/** The client's address from Cloudflare's edge, which overwrites this header on all external requests. */
export const peerOf = ({ headers }: Request): Peer => ({
  client: headers.get("cf-connecting-ip") ?? undefined,
});
