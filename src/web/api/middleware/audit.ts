import type { MiddlewareHandler } from "hono";
import type { Ports } from "../../../base/ports.ts";
import type { Access } from "./access.ts";
import { safePath } from "./problem.ts";

/** Machine traffic that is not logged: gate queries, rounds and pushed reports. */
const MACHINE = /^\/v1\/(gates|rounds)\/|\/reports\//;
/** Response fields that identify what was changed. None holds free text. */
const SUBJECT = ["id", "target", "match", "until", "version", "deployment", "woken"] as const;

/** Logs each successful write: the principal, the action, the subject and the status. */
export function audit({ log, secrets }: Pick<Ports, "log" | "secrets">, access: Access): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { method } = c.req;
    if (method === "GET" || method === "HEAD" || !c.res.ok || MACHINE.test(c.req.path)) return;
    const isJson = c.res.headers.get("content-type")?.includes("json");
    const answer: Record<string, unknown> = isJson ? await c.res.clone().json() : {};
    // The hook ignored this event.
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
