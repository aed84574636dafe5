import type { MiddlewareHandler } from "hono";
import type { Ports } from "../../../base/ports.ts";
import type { Access } from "./access.ts";
import { safePath } from "./problem.ts";

/** What machines ask all the time and what is evidence: it changes nothing that somebody answers for. */
const MACHINE = /^\/v1\/(gates|rounds)\/|\/reports\//;
/** What of an answer says what was acted on. Free text is not among it. */
const SUBJECT = ["id", "target", "match", "until", "version", "deployment", "woken"] as const;

/** Logs each request that changed something: whose token it was, what it did, to what, and the status that came of it. */
export function audit({ log, secrets }: Pick<Ports, "log" | "secrets">, access: Access): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { method } = c.req;
    if (method === "GET" || method === "HEAD" || !c.res.ok || MACHINE.test(c.req.path)) return;
    const isJson = c.res.headers.get("content-type")?.includes("json");
    const answer: Record<string, unknown> = isJson ? await c.res.clone().json() : {};
    // A hook without news.
    if (answer.recorded === false) return;
    const by = (await access.principal(c))?.id ?? "hook";
    const shown = (value: unknown) =>
      secrets.redact(typeof value === "string" ? value : JSON.stringify(value));
    const named = SUBJECT.flatMap((key) => answer[key] === undefined ? [] : [[key, shown(answer[key])]]);
    log.info("audit", {
      by,
      action: `${method} ${secrets.redact(safePath(c))}`,
      subject: Object.fromEntries(named),
      status: c.res.status,
    });
  };
}
