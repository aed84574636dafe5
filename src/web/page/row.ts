import type { Target } from "../../config/config.ts";
import type { Band as Cells } from "../../storage/history/bands.ts";
import type { IncidentComment } from "../../storage/records/comments.ts";
import type { Events } from "./chart.tsx";
import type { CheckView } from "./words.ts";

/** A target as its row shows it: the check that is worst off, and the past of all that count together. */
export interface Row {
  target: Target;
  check: CheckView;
  band: Cells;
  /** Where the band begins, epoch ms. */
  from: number;
  events: Events;
  /** What covers it now: a silence that somebody made, or a maintenance window. */
  silenced?: "silenced" | "maintenance";
  /** Who has taken on what is wrong with it. */
  taken?: IncidentComment;
}
