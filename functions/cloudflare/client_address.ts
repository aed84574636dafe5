import type { Peer } from "../../src/web/api/middleware/client_address.ts";

/** Who asks, as Cloudflare's edge says; it sets this header anew on all that comes from outside. */
export const peerOf = ({ headers }: Request): Peer => ({
  client: headers.get("cf-connecting-ip") ?? undefined,
});
