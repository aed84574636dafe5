import type { AskedSource } from "../../config/config.ts";
import type { Run } from "../../config/expression/mod.ts";
import { ConfigFault, type Fetch, type Ports } from "../../base/ports.ts";
import { redactor } from "../../base/redaction.ts";
import { type Authorizer, authorizer } from "../../evidence/probe/authorize.ts";
import type { AuthKind } from "../../evidence/probe/step_kind.ts";

export interface ReportAuthContext {
  baseUrl: string;
  run: Run;
  auths?: readonly AuthKind[];
  /** State that auth kinds keep across a prober's rounds. */
  tokens?: WeakMap<object, unknown>;
  signal?: AbortSignal;
}

/**
 * Ports for a source with `auth`. Each request to its origin is authorised, after a 401 once more, and the
 * credentials are redacted. A failing token server counts as no answer from the source; a fault in our
 * settings throws `ConfigFault`.
 */
export function authorizeReport(
  ports: Ports,
  { auth, timeoutMs }: Pick<AskedSource, "timeoutMs" | "auth">,
  { baseUrl, run, auths = [], tokens = new WeakMap(), signal }: ReportAuthContext,
): Ports {
  const { clock, secrets } = ports;
  const hidden = new Set<string>();
  const asking = {
    baseUrl,
    run,
    auths,
    tokens,
    signal,
    ports,
    captures: {},
    hidden,
    deadline: clock.elapsed() + timeoutMs,
    trace: { name: "", requests: 0, totalMs: 0 },
  };
  const fetch: Fetch = async (url, outgoing) => {
    const sender = authorizer({ auth }, url, asking);
    const answer = await send(ports.fetch, sender, url, outgoing);
    if (answer.status !== 401 || !sender.renew()) return answer;
    answer.drop();
    return await send(ports.fetch, sender, url, outgoing);
  };
  return {
    ...ports,
    fetch,
    secrets: { ...secrets, redact: (text) => redactor([...hidden])(secrets.redact(text)) },
  };
}

async function send(
  fetch: Fetch,
  sender: Authorizer,
  ...[url, outgoing]: Parameters<Fetch>
): ReturnType<Fetch> {
  const authorized = await sender.authorize({ ...outgoing, url });
  if (authorized.kind === "request") {
    const { request } = authorized;
    return await fetch(request.url, { ...outgoing, headers: request.headers });
  }
  const { reason, detail } = authorized.failure;
  throw reason === "config" || reason === "template" ? new ConfigFault(detail) : new Error(detail);
}
