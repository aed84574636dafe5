import type { Dial, OpenWebSocket } from "../src/base/ports.ts";
import type { KindsAndReaders } from "../src/config/readers.ts";
import type { Sink } from "../src/engine/notify/sink.ts";
import type { ProberOptions } from "../src/engine/prober/local.ts";
import type { StoreEnv, StoreKind } from "../src/storage/store_kind.ts";
import type { Resource } from "../src/web/api/resource.ts";
import type { remoteProber } from "../src/engine/prober/remote.ts";
import type { roundsRoutes } from "../src/web/api/routes/rounds.ts";
import type { applyQuietHours } from "../src/engine/notify/quiet.ts";
import type { GroupingModule } from "../src/engine/notify/grouping.ts";
import type { heartbeat } from "../src/engine/notify/heartbeat.ts";
import type { Timely } from "../src/engine/notify/timely.ts";
import type { acknowledgeLinks } from "../src/web/page/acknowledge.tsx";
import type { PublicTexts } from "../src/web/page/texts/en.ts";
import type { slo } from "../src/web/page/objective.tsx";
import type { githubHook } from "../src/web/api/routes/github.ts";

/** The tables of kinds of one program, and optional modules that few configs need. */
export interface KindTables<Env extends StoreEnv = StoreEnv>
  extends
    KindsAndReaders,
    Pick<ProberOptions, "dialects" | "steps" | "auths" | "signRequest" | "authorizeReport"> {
  readonly dialects: ProberOptions["dialects"];
  readonly stores: readonly StoreKind<Env>[];
  readonly sinks: readonly Sink[];
  readonly steps: ProberOptions["steps"];
  readonly auths?: ProberOptions["auths"];
  /** Opens connections, for steps that need them. */
  readonly dialler?: (options: { allowPrivate: boolean }) => Dial;
  /** Opens WebSockets, for steps that need them. */
  readonly webSockets?: (options: { allowPrivate: boolean }) => OpenWebSocket;
  /** Required for pushed report sources. */
  readonly pushedReports?: Resource["routes"];
  /** Required for a prober with a `url`, on the asking side; `roundsRoutes` on the prober's side. */
  readonly remoteProber?: typeof remoteProber;
  readonly roundsRoutes?: typeof roundsRoutes;
  /** Required for checks with `slo`. */
  readonly slo?: typeof slo;
  /** Languages of the public page besides English. */
  readonly translations?: readonly PublicTexts[];
  /** Required for messages with links, so for a config with `publicUrl`. */
  readonly acknowledgeLinks?: typeof acknowledgeLinks;
  /** Required for routes with `escalate` or `repeatInterval`. */
  readonly timely?: Timely;
  /** Required for routes with `quietHours`. */
  readonly applyQuietHours?: typeof applyQuietHours;
  /** Required for grouped notices. */
  readonly grouping?: GroupingModule;
  /** Required for `heartbeat`. */
  readonly heartbeat?: typeof heartbeat;
  /** Required for `hooks.github`. */
  readonly githubHook?: typeof githubHook;
}
