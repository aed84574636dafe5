import { answerOf } from "../../../src/base/http/answer.ts";
import { addressRefusal, hostOf } from "../../../src/base/http/guard.ts";
import { type Fetch, Refused } from "../../../src/base/ports.ts";
import type { Pinning } from "./pins.ts";

/** What this form needs; `fetch` is the runtime's. */
interface DeployOptions {
  allowPrivate: boolean;
  pinOf: Pinning;
  fetch?: typeof globalThis.fetch;
}

/**
 * The client of Deno Deploy, which has no raw connection to port 443: the runtime's `fetch`, once the name's addresses are known to be
 * allowed. Which of them it then asks is the platform's affair, so one that is refused refuses the name.
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
