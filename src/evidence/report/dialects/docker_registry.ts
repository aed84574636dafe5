import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { textEntries } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect } from "../report.ts";

/**
 * The health page of distribution, Docker's registry (health/health.go), on its debug listener: a map of
 * failing checks with reasons, so `{}` with 200 is ready, and any entry, with 503, not_ready. Recognised by
 * its path `/debug/health`. Its storage check only tests whether the driver answers: a full disk still gives
 * `{}`. `/v2/` is plain HTTP.
 */
export const dockerRegistry: Dialect = {
  name: "docker-registry",
  recognise: ({ url, json }) => url.pathname.endsWith("/debug/health") && textEntries(json) !== undefined,
  read({ status, json }) {
    const failing = textEntries(json);
    if (!failing) return null;
    const claim = bodyClaim(failing.length > 0 ? "not_ready" : "ready", `${failing.length} checks fail`);
    return {
      claims: [codeClaim(status), claim],
      subsystems: failing.map(([name, message]) => ({
        name,
        state: "not_ready",
        layer: layerOf(name),
        required: true,
        message,
      })),
    };
  },
};
