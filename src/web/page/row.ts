import type { Target } from "../../config/config.ts";
import type { Band as Cells } from "../../storage/history/bands.ts";
import type { IncidentComment } from "../../storage/records/comments.ts";
import type { Events } from "./chart.tsx";
import type { CheckView } from "./words.ts";

/**
 * A row of the overview: a target with its worst required check, and the history of all its required checks.
 */
export interface Row {
  target: Target;
  check: CheckView;
  band: Cells;
  /** Start of the band, epoch ms. */
  from: number;
  events: Events;
  /** What silences it now: a silence, or a maintenance window. */
  silenced?: "silenced" | "maintenance";
  /** The acknowledgement of its open incident. */
  taken?: IncidentComment;
}
