import { answerOf } from "../../../src/base/http/answer.ts";
import { addressRefusal, hostOf } from "../../../src/base/http/guard.ts";
import { type Fetch, Refused } from "../../../src/base/ports.ts";
import type { Pinning } from "./pins.ts";

/** `fetch` defaults to the runtime's. */
interface DeployOptions {
  allowPrivate: boolean;
  pinOf: Pinning;
  fetch?: typeof globalThis.fetch;
}

/**
 * The HTTP client for Deno Deploy, which has no raw connections to port 443. It uses the runtime's `fetch`
 * once all addresses of the name are known to be allowed. The platform chooses the address, so one refused
 * address refuses the name.
 */
export function deployFetch(
  { allowPrivate, pinOf, fetch = globalThis.fetch }: DeployOptions,
): Fetch {
  return async (url, { tls, ...outgoing }) => {
    if (tls) throw new Refused(`Cannot ask ${url.host}: Deno Deploy has no TLS settings for one target`);
    const host = hostOf(url);
    for (const address of (await pinOf(host, outgoing.signal)).addresses) {
      const reason = addressRefusal(address, allowPrivate);
      if (reason !== null) throw new Refused(`${reason} (an address of ${host})`);
    }
    return answerOf(await fetch(url, { ...outgoing, redirect: "manual" }), outgoing.signal);
  };
}
