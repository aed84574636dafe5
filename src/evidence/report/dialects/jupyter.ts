import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import type { Dialect } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Jupyter Server's `/api/status`: the number of connections and kernels, and the start time. It only shows
 * that the server answers; only a journey can show that a kernel starts and a notebook can be saved.
 */
export const jupyter: Dialect = {
  name: "jupyter",
  recognise: ({ json }) =>
    isRecord(json) && typeof json.kernels === "number" && typeof json.connections === "number" &&
    firstText(json.last_activity) !== undefined,
  read({ status, json }) {
    if (!isRecord(json) || typeof json.kernels !== "number") {
      const refusal = errorClaims(status);
      return refusal.length > 0 ? { claims: refusal } : null;
    }
    return { claims: [codeClaim(status), bodyClaim("ready", `${json.kernels} kernels`)] };
  },
};
