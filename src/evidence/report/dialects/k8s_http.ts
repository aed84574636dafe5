import type { Dialect } from "../report.ts";
import { codeOf, plainText, YES_OR_NO } from "../writers.ts";

/**
 * The kubelet's rule for an `httpGet` probe: 200 to 399 is success, any other code failure. Never recognised,
 * only declared.
 */
export const k8sHttp: Dialect = {
  name: "k8s-http",
  recognise: () => false,
  read({ status }) {
    const state = status >= 200 && status < 400 ? "ready" : "not_ready";
    return { claims: [{ source: "code", state, raw: String(status) }] };
  },
  expresses: YES_OR_NO,
  write: ({ state }) => plainText(codeOf(state), ""),
};
