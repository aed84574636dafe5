import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, Layer, ReportState, Subsystem } from "../report.ts";
import { codeOf, plainText } from "../writers.ts";

const LINE = /^\[([+-])\](\S+) (ok|excluded.*|failed: (.*))$/;
const TRAILER = /^(?:ok|(\w+) check (?:passed|failed)|internal server error: .*)$/;

/** Layers of checks whose names alone would be misleading. */
const LAYERS: readonly [pattern: RegExp, layer: Layer][] = [
  [/^kms-providers?/, "dependency"],
  [/^poststarthook\/rbac\//, "policy"],
  [/^poststarthook\//, "state"],
];

/**
 * The text of `/readyz?verbose`, `/livez` and `/healthz` as the Kubernetes apiserver writes it
 * (kubernetes/apiserver pkg/server/healthz), and etcd's variant (503, without a trailer when failing). An
 * excluded check is not evidence. A failing `shutdown` is `draining`. If only `informer-sync` or
 * `poststarthook/*` fails, it is plain `not_ready` without a phase: it may be a start or a fault, which is
 * not "starting or draining", so it must not count as announced.
 */
export const k8s: Dialect = {
  name: "k8s",
  recognise: ({ text }) => linesOf(text).some((line) => LINE.test(line)),
  read({ url, status, text }) {
    const lines = linesOf(text);
    const parts = lines.map(partOf).filter((part) => part !== undefined);
    const trailer = lines.map((line) => TRAILER.exec(line)).findLast((match) => match !== null);
    if (parts.length === 0 && !trailer) return null;
    const isLiveness = /\/livez(\/|$)/.test(url.pathname) || trailer?.[1] === "livez";
    return {
      claims: [codeClaim(status), {
        source: "body",
        state: stateOf(parts, trailer?.[0]),
        raw: trailer?.[0] ?? lines.find((line) => line.startsWith("[-]")) ?? "no trailer",
      }],
      subsystems: parts,
      question: isLiveness ? "liveness" : undefined,
    };
  },
  expresses: { whole: ["ready", "degraded", "draining", "not_ready"], parts: ["ready", "not_ready"] },
  write({ state, reason, subsystems }) {
    const parts = subsystems.map((part) => {
      const name = part.name.replace(/\s/g, "_");
      return lineOf(name === "shutdown" ? "part/shutdown" : name, part.state, part.message);
    });
    const own = lineOf(state === "draining" ? "shutdown" : "journey", state, reason);
    const outcome = isServing(state) ? "passed" : "failed";
    return plainText(codeOf(state, 500), `${[...parts, own].join("\n")}\nreadyz check ${outcome}\n`);
  },
};

function lineOf(name: string, state: ReportState, why = "reason withheld"): string {
  return isServing(state) ? `[+]${name} ok` : `[-]${name} failed: ${why}`;
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim());
}

function partOf(line: string): Subsystem | undefined {
  const [, sign, name = "", outcome = "", message] = LINE.exec(line) ?? [];
  if (!sign) return undefined;
  const layer = LAYERS.find(([pattern]) => pattern.test(name))?.[1] ?? layerOf(name);
  if (outcome.startsWith("excluded")) return { name, state: "unknown", layer, required: false };
  if (sign === "+") return { name, state: "ready", layer, required: true };
  return { name, state: name === "shutdown" ? "draining" : "not_ready", layer, required: true, message };
}

function stateOf(parts: Subsystem[], trailer?: string): ReportState {
  const checked = parts.filter((part) => part.required);
  if (parts.length > 0 && checked.length === 0) return "unknown";
  if (trailer === "ok" || trailer?.endsWith(" passed")) return "ready";
  if (checked.some((part) => part.state === "draining")) return "draining";
  return trailer || checked.some((part) => part.state === "not_ready") ? "not_ready" : "ready";
}
