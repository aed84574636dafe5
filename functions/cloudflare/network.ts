import { answerOf } from "../../src/base/http/answer.ts";
import type { Fetch } from "../../src/base/ports.ts";

/** Cloudflare's fetch. The runtime resolves names itself and has no route to private networks. */
export const network: Fetch = async (url, { tls: _, ...outgoing }) =>
  answerOf(await fetch(url, { ...outgoing, redirect: "manual", cache: "no-store" }), outgoing.signal);
