import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { groupState } from "../group.ts";
import { firstText, records, scalar } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

const CHECK = /_check$/;

/**
 * GitLab's `/-/readiness` (lib/gitlab/health_checks): `ok` 200 or `failed` 503, and a list of probes per
 * check. A check is a required part, and succeeds if any of its probes does. Without `all=1` it checks only
 * its own web server. `/-/health` (`GitLab OK`) checks nothing: liveness.
 */
export const gitlab: Dialect = {
  name: "gitlab",
  recognise: ({ text, json }) => text.trim() === ALIVE || checksOf(json).length > 0,
  read({ status, text, json }) {
    if (text.trim() === ALIVE) {
      return { claims: [codeClaim(status), bodyClaim("ready", ALIVE)], question: "liveness" };
    }
    if (!isRecord(json)) return null;
    const raw = scalar(json.status);
    return {
      claims: [codeClaim(status), bodyClaim(stateOfWord(raw) ?? "unknown", raw)],
      subsystems: checksOf(json).map(partOf),
    };
  },
};

const ALIVE = "GitLab OK";

function checksOf(json: unknown): [name: string, probes: unknown][] {
  if (!isRecord(json) || typeof json.status !== "string") return [];
  return Object.entries(json).filter(([name, probes]) => CHECK.test(name) && Array.isArray(probes));
}

function partOf([key, probes]: [name: string, probes: unknown]): Subsystem {
  const name = key.replace(CHECK, "");
  const all = records(probes);
  return {
    name,
    state: groupState(all.map(({ status }) => stateOfWord(scalar(status)) ?? "unknown")),
    layer: layerOf(name),
    required: true,
    message: firstText(...all.map(({ message }) => message)),
  };
}
