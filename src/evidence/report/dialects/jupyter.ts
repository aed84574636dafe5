import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import type { Dialect } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Jupyter Server's `/api/status`: how many connections and kernels there are, and since when. It claims nothing but to answer:
 * that a kernel can start, and a notebook be saved, only a journey finds out.
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
