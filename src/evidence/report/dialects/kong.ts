import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import type { Dialect } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Kong's status and admin API (kong/status/ready.lua, kong/api/routes/health.lua).
 *
 * | asked | read |
 * |---|---|
 * | `/status/ready` | the message: `ready`; `... not yet complete` is starting, any other under 503 not_ready |
 * | `/status` | always 200: a configuration hash of noughts (nothing loaded) is not_ready; a database out of reach degrades, because Kong goes on with what it has |
 */
export const kong: Dialect = {
  name: "kong",
  recognise: ({ url, json }) =>
    isRecord(json) && (isReachable(json) !== undefined ||
      (url.pathname.endsWith("/status/ready") && firstText(json.message) !== undefined)),
  read({ status, json }) {
    if (!isRecord(json)) return null;
    const reachable = isReachable(json);
    const message = firstText(json.message);
    if (reachable === undefined) return message ? { claims: [codeClaim(status), ready(message)] } : null;
    const isEmpty = /^0+$/.test(firstText(json.configuration_hash) ?? "");
    return {
      claims: [
        codeClaim(status),
        isEmpty ? bodyClaim("not_ready", "no configuration") : bodyClaim("ready", "status"),
      ],
      subsystems: [{
        name: "database",
        state: reachable ? "ready" : "not_ready",
        layer: "dependency",
        required: false,
      }],
    };
  },
};

const ready = (message: string) =>
  bodyClaim(
    message === "ready" ? "ready" : message.includes("not yet complete") ? "starting" : "not_ready",
    message,
  );

function isReachable({ database }: Record<string, unknown>): boolean | undefined {
  return isRecord(database) && typeof database.reachable === "boolean" ? database.reachable : undefined;
}
