import { answerOf } from "../../src/base/http/answer.ts";
import type { Fetch } from "../../src/base/ports.ts";

/** A Fetch whose far end is an app in this process: what would cross the network as HTTP crosses it as objects. */
export function appFetch(app: { request(request: Request): Response | Promise<Response> }): Fetch {
  return async (url, { method, headers, body, signal }) => {
    if (signal.aborted) throw signal.reason;
    return answerOf(await app.request(new Request(url, { method, headers, body, signal })), signal);
  };
}
