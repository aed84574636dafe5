/** What the pages' data is loaded from. */
import type { Ports } from "../../base/ports.ts";
import { MINUTE_MS } from "../../base/time.ts";
import type { Config } from "../../config/config.ts";
import type { Packing } from "../../storage/codec.ts";
import type { ErrorBudgetReader } from "../../storage/history/slo.ts";
import type { DeploymentStore } from "../../storage/records/deployments.ts";
import type { Silence } from "../../storage/records/silences.ts";
import type {
  IncidentStore,
  OutboxStore,
  RecordStore,
  RollupStore,
  SampleStore,
} from "../../storage/store.ts";
import type { slo } from "./objective.tsx";

/** The sources of the pages' data. */
export interface Sources {
  ports: Ports;
  config: Config;
  store: RollupStore & SampleStore & RecordStore & IncidentStore & OutboxStore;
  packing: Packing;
  rollouts: DeploymentStore;
  errorBudget: ErrorBudgetReader;
  /** Absent if no check has an objective. */
  slo?: typeof slo;
  silences(): Promise<readonly Silence[]>;
  /** Rises with each record that this process writes. */
  changeCount(): number;
}

/** The longest period of a lane, ms. */
export const MOST_LANE_MS = 360 * MINUTE_MS;
