/**
 * REPORTED: what a service claims of itself.
 *
 *     ask  ->  exchange  ->  decode  ->  read  ->  Report
 *                                        |
 *                  dialect (declared, or sniffed in table order)
 *                                        |
 *                  claims and subsystems  ->  fold  ->  state, contradictions
 *
 * A new dialect is one file beside this one, one row in `DIALECTS` and one folder of fixtures.
 */
import { healthJson } from "./health_json.ts";
import { http } from "./http.ts";
import { k8s } from "./k8s.ts";
import { k8sHttp } from "./k8s_http.ts";
import type { Dialect } from "./report.ts";
import { spring } from "./spring.ts";

/** All dialects, in the order in which `auto` tries them; the last one reads anything. */
export const DIALECTS: readonly Dialect[] = [healthJson, spring, k8s, k8sHttp, http];

export { ask, type Source } from "./ask.ts";
export { type Heard, read, type ReadOptions, staleAfter } from "./read.ts";
export * from "./report.ts";
