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

/** The tables of kinds of one program, and the modules that few configs need. */
export interface KindTables<Env extends StoreEnv = StoreEnv>
  extends
    KindsAndReaders,
    Pick<ProberOptions, "dialects" | "steps" | "auths" | "signRequest" | "authorizeReport"> {
  readonly dialects: ProberOptions["dialects"];
  readonly stores: readonly StoreKind<Env>[];
  readonly sinks: readonly Sink[];
  readonly steps: ProberOptions["steps"];
  readonly auths?: ProberOptions["auths"];
  /** Connections, for steps that need them. */
  readonly dialler?: (options: { allowPrivate: boolean }) => Dial;
  /** WebSockets, for the same. */
  readonly webSockets?: (options: { allowPrivate: boolean }) => OpenWebSocket;
  /** What a source of a report that is pushed takes. */
  readonly pushedReports?: Resource["routes"];
  /** What a prober with a `url` takes: of who asks it, and of itself. */
  readonly remoteProber?: typeof remoteProber;
  readonly roundsRoutes?: typeof roundsRoutes;
  /** What checks with `slo` take. */
  readonly slo?: typeof slo;
  /** Of the public page, besides English. */
  readonly translations?: readonly PublicTexts[];
  /** What messages with links take: a config with `publicUrl`. */
  readonly acknowledgeLinks?: typeof acknowledgeLinks;
  /** What routes with `escalate` or `repeatInterval` take. */
  readonly timely?: Timely;
  /** What routes with `quietHours` take. */
  readonly applyQuietHours?: typeof applyQuietHours;
  /** What groups of incidents take. */
  readonly grouping?: GroupingModule;
  /** What `heartbeat` takes. */
  readonly heartbeat?: typeof heartbeat;
  /** What `hooks.github` takes. */
  readonly githubHook?: typeof githubHook;
}
