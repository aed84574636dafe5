import { bodyClaim, errorClaims } from "../claims.ts";
import type { Question } from "../../../config/question.ts";
import type { Claim, Dialect, ReportState, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, plainText } from "../writers.ts";

/** `ActiveState/SubState`; the first row that fits decides, none is `unknown` (`active/exited`: a oneshot that is done). */
const UNITS: readonly [pattern: RegExp, state: ReportState][] = [
  [/^active\/(running|listening)$/, "ready"],
  [/^(reloading|refreshing)\//, "degraded"],
  [/^activating\/auto-restart/, "not_ready"],
  [/^activating\//, "starting"],
  [/^deactivating\//, "draining"],
  [/^(failed|maintenance)\//, "not_ready"],
  [/^inactive\//, "not_ready"],
];

/** sd_notify(3), the strongest first: `STOPPING=1` is final. */
const NOTICES: readonly [line: string, state: ReportState][] = [
  ["STOPPING=1", "draining"],
  ["RELOADING=1", "degraded"],
  ["READY=1", "ready"],
];

/** A unit that serves worse than it should stays active, and says so in its `StatusText`. */
const ACTIVE = new Map<ReportState, [active: string, sub: string]>([
  ["ready", ["active", "running"]],
  ["degraded", ["active", "running"]],
  ["starting", ["activating", "start"]],
  ["draining", ["deactivating", "stop-sigterm"]],
  ["not_ready", ["failed", "failed"]],
]);

const DATAGRAM = /^(READY|RELOADING|STOPPING|WATCHDOG|STATUS)=/m;

/**
 * systemd, as `systemctl show` prints units (`key=value` lines, a blank line between units) or as a sd_notify datagram.
 *
 * active/running is ready, but for `Type=simple` and `exec`, where it only says that a process was started: liveness.
 * reloading is degraded (it keeps serving), activating starting, activating/auto-restart not_ready (it has failed),
 * deactivating draining, failed or inactive not_ready, a unit that was not found and all else unknown.
 * The first word of `StatusText`, while active, can degrade: a service cannot take `READY=1` back. A datagram without
 * READY, RELOADING or STOPPING (a heartbeat, a status) is unknown.
 */
export const systemd: Dialect = {
  name: "systemd",
  recognise: ({ text }) => /^ActiveState=/m.test(text) || noticeIn(text) !== undefined,
  read({ status, text }) {
    const units = text.split(/\r?\n\s*\r?\n/).map(fieldsOf).filter((unit) => unit.has("ActiveState"));
    if (units.length > 0) {
      return {
        claims: [...units.map(claimOf), ...errorClaims(status)],
        subsystems: units.flatMap(partsOf),
        question: questionOf(units),
      };
    }
    if (!DATAGRAM.test(text)) return null;
    const [line, state] = noticeIn(text) ?? ["no state", "unknown"];
    return { claims: [bodyClaim(state, line), ...errorClaims(status)] };
  },
  expresses: { whole: [...ACTIVE.keys()] },
  write({ name, state, reason }) {
    const [active, sub] = ACTIVE.get(state) ?? [];
    const status = [state, reason].filter(Boolean).join(": ");
    return plainText(
      codeOf(state),
      `Id=${name}\nActiveState=${active}\nSubState=${sub}\nStatusText=${status}\n`,
    );
  },
};

type Unit = Map<string, string>;

function noticeIn(text: string) {
  if (!text.includes("=1")) return undefined;
  const lines = linesOf(text);
  return NOTICES.find(([line]) => lines.includes(line));
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim());
}

function fieldsOf(block: string): Unit {
  return new Map(
    linesOf(block).map((line): [string, string] => {
      const equals = line.indexOf("=");
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

function claimOf(unit: Unit): Claim {
  const raw = `${unit.get("ActiveState")}/${unit.get("SubState") ?? ""}`;
  if (unit.get("LoadState") === "not-found") return bodyClaim("unknown", "not-found");
  // `SubState` need not have been asked for; without it, `active` may be a oneshot.
  const state = UNITS.find(([pattern]) => pattern.test(raw))?.[1] ?? "unknown";
  const result = unit.get("Result");
  return bodyClaim(state, state === "not_ready" && result ? `${raw} (${result})` : raw);
}

function partsOf(unit: Unit): Subsystem[] {
  const { state } = claimOf(unit);
  const message = unit.get("StatusText") || undefined;
  const name = unit.get("Id") ?? "unit";
  const whole: Subsystem = { name, state, layer: "process", required: true, message };
  const word = state === "ready" && message ? stateOfWord(/^[\w-]*/.exec(message)?.[0] ?? "") : undefined;
  if (word === undefined || word === "ready") return [whole];
  return [whole, { name: `${name}/StatusText`, state: word, layer: "state", required: false, message }];
}

function questionOf(units: Unit[]): Question | undefined {
  const isStarted = (unit: Unit) => /^(simple|exec)$/.test(unit.get("Type") ?? "");
  return units.every(isStarted) ? "liveness" : undefined;
}
