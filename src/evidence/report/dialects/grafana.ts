import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText, textEntries } from "../json.ts";
import type { Dialect } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * Grafana's `/api/health` (pkg/api/http_server.go): whether its own database answers, `ok` 200 or `failing`
 * 503, with the version if anonymous callers may see it. It does not check data sources.
 */
export const grafana: Dialect = {
  name: "grafana",
  recognise: ({ url, json }) =>
    url.pathname.endsWith("/api/health") && isRecord(json) && firstText(json.database) !== undefined &&
    textEntries(json) !== undefined,
  read({ status, json }) {
    const word = isRecord(json) ? firstText(json.database) : undefined;
    if (!isRecord(json) || !word) return null;
    return {
      claims: [codeClaim(status), bodyClaim(stateOfWord(word) ?? "unknown", `database: ${word}`)],
      version: firstText(json.version),
    };
  },
};
