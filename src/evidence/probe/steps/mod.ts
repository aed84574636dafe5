import type { StepKind } from "../step_kind.ts";
import { burstStep } from "./burst.ts";
import { dnsStep } from "./dns.ts";
import { grpcStep } from "./grpc.ts";
import { httpStep } from "./http.ts";
import { httpGrammar } from "./http/grammar.ts";
import { tcpStep } from "./tcp.ts";
import { tlsStep } from "./tls.ts";
import { websocketStep } from "./websocket.ts";

/** Every kind of step, one per row. */
export const STEP_KINDS: readonly StepKind[] = [
  { ...httpStep, schema: httpGrammar },
  tcpStep,
  tlsStep,
  dnsStep,
  burstStep,
  websocketStep,
  grpcStep,
];
