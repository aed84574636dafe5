import { bodyClaim, errorClaims } from "../claims.ts";
import type { Question } from "../../../config/question.ts";
import type { Claim, Dialect, ReportState, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { codeOf, plainText } from "../writers.ts";

/**
 * States by `ActiveState/SubState`; the first matching row decides, without one it is `unknown`
 * (`active/exited`: a finished oneshot).
 */
const UNITS: readonly [pattern: RegExp, state: ReportState][] = [
  [/^active\/(running|listening)$/, "ready"],
  [/^(reloading|refreshing)\//, "degraded"],
  [/^activating\/auto-restart/, "not_ready"],
  [/^activating\//, "starting"],
  [/^deactivating\//, "draining"],
  [/^(failed|maintenance)\//, "not_ready"],
  [/^inactive\//, "not_ready"],
];

/** Notices of sd_notify(3), the strongest first: `STOPPING=1` is final. */
const NOTICES: readonly [line: string, state: ReportState][] = [
  ["STOPPING=1", "draining"],
  ["RELOADING=1", "degraded"],
  ["READY=1", "ready"],
];

/** A degraded unit stays active, and can only report that in its `StatusText`. */
const ACTIVE = new Map<ReportState, [active: string, sub: string]>([
  ["ready", ["active", "running"]],
  ["degraded", ["active", "running"]],
  ["starting", ["activating", "start"]],
  ["draining", ["deactivating", "stop-sigterm"]],
  ["not_ready", ["failed", "failed"]],
]);

const DATAGRAM = /^(READY|RELOADING|STOPPING|WATCHDOG|STATUS)=/m;

/**
 * systemd: the output of `systemctl show` (`key=value` lines, a blank line between units), or an sd_notify
 * datagram.
 *
 * active/running is ready, except for `Type=simple` and `exec`, where it only shows that a process was
 * started: liveness. reloading is degraded (it keeps serving), activating starting, activating/auto-restart
 * not_ready (it has failed), deactivating draining, failed and inactive not_ready; a unit that was not found
 * and anything else is unknown. While active, the first word of `StatusText` can degrade the state, because a
 * service cannot revoke `READY=1`. A datagram without READY, RELOADING or STOPPING (a heartbeat, a status) is
 * unknown.
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
  // `SubState` may not have been requested; without it, `active` may be a oneshot.
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
