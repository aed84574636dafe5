import type { StepKind } from "../step_kind.ts";
import { http } from "./http.ts";

/** Every kind of step. One that names no kind is of the first. */
export const STEP_KINDS: readonly StepKind[] = [http];
