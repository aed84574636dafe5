/** Silences from the maintenance windows of a config. */
import type { Config } from "../../config/config.ts";
import { isAbout, type MaintenanceWindow } from "../../config/maintenance_window.ts";
import type { RecordStore } from "../store.ts";
import { listDeployments } from "./deployments.ts";
import { listSilences, REMEMBERED_MS, type Silence } from "./silences.ts";

/** The most past occurrences of one window, and the most deployments, that are considered. */
const MOST = 200;
/** `by` of these silences. */
const CONFIG = "config";

/** All silences at an instant (epoch ms): the stored ones, and the config's recent, current and next ones. */
export type SilenceSource = (nowMs: number) => Promise<readonly Silence[]>;

/** The silences of one config and store. */
export function silenceSource(
  { maintenance, targets }: Pick<Config, "maintenance" | "targets">,
  store: RecordStore,
): SilenceSource {
  const scheduled = maintenance.map(occurrences);
  const automatic = maintenance.filter(({ times }) => "afterDeploymentMs" in times);
  return async (nowMs) => {
    const [stored, deployments] = await Promise.all([
      listSilences(store),
      automatic.length > 0 ? listDeployments(store, MOST) : [],
    ]);
    const planned = [
      ...scheduled.flatMap((at) => at(nowMs)),
      ...automatic.flatMap((window) =>
        deployments.flatMap((deployment) => afterDeployment(window, deployment, targets))
      ),
    ];
    // A planned silence that was ended early is stored under the same id.
    const ended = new Map(stored.map((silence) => [silence.id, silence]));
    const known = new Set(planned.map(({ id }) => id));
    return [
      ...stored.filter(({ id }) => !known.has(id)),
      ...planned.map((silence) => ({ ...silence, until: ended.get(silence.id)?.until ?? silence.until })),
    ].filter(({ until }) => until + REMEMBERED_MS > nowMs);
  };
}

/** The recent, current and next occurrences of a window. */
function occurrences(window: MaintenanceWindow): (nowMs: number) => Silence[] {
  const { times } = window;
  if ("afterDeploymentMs" in times) return () => [];
  if ("from" in times) {
    const only = [silenceOf(window, times)];
    return () => only;
  }
  const { cron, durationMs, gapMs } = times;
  const count = Math.min(MOST, Math.ceil(REMEMBERED_MS / gapMs) + 1);
  let known = { from: Infinity, until: -Infinity, all: [] as Silence[] };
  return (nowMs) => {
    if (nowMs >= known.from && nowMs < known.until) return known.all;
    const begun = cron.previous(count, nowMs + 1);
    const [next] = cron.next(1, nowMs);
    const all = [...begun.toReversed(), ...next === undefined ? [] : [next]]
      .map((from) => silenceOf(window, { from, until: from + durationMs }));
    known = { from: begun[0] ?? -Infinity, until: next ?? Infinity, all };
    return all;
  };
}

function afterDeployment(
  window: MaintenanceWindow,
  deployment: { target: string; at: number },
  targets: Config["targets"],
): Silence[] {
  const { times, match } = window;
  const target = targets.find(({ id }) => id === deployment.target);
  if (!target || !("afterDeploymentMs" in times)) return [];
  const { id, labels, checks } = target;
  if (!checks.some((check) => isAbout(match, { target: id, check: check.id, labels }))) return [];
  const span = { from: deployment.at, until: deployment.at + times.afterDeploymentMs };
  return [{ ...silenceOf(window, span, `_${id}`), match: { target: id, check: match.check } }];
}

const silenceOf = (
  window: MaintenanceWindow,
  { from, until }: { from: number; until: number },
  part = "",
): Silence => {
  const { id, match, reason } = window;
  return { id: `mnt_${id}${part}_${from.toString(36)}`, match, from, until, reason, by: CONFIG, window };
};
