import type { StepKind } from "../step_kind.ts";
import { httpStep } from "./http.ts";
import { tcpStep } from "./tcp.ts";

/** Every kind of step: one row each. */
export const STEP_KINDS: readonly StepKind[] = [httpStep, tcpStep];
