/** The arms of the experiment: what decides that a changed replica may serve. */

/** One arm. */
export interface Arm {
  id: string;
  title: string;
  /** What the replicas' own /readyz reports: the truth, or always ready. */
  readyz: "honest" | "lying";
  /** HAProxy's health check; every arm has one. */
  check: "port" | "/healthz" | "/readyz" | "fleet";
  /** Whether a replica waits for `assay gate` before it gets traffic. Else HAProxy's check decides. */
  gate: boolean;
}

/**
 * All arms. The gate arm has the hardest case: a service that lies, and a proxy that only checks liveness.
 */
export const ARMS: readonly Arm[] = [
  { id: "port", title: "port check", readyz: "lying", check: "port", gate: false },
  { id: "shallow", title: "shallow health", readyz: "lying", check: "/healthz", gate: false },
  { id: "lying", title: "own readiness, lying", readyz: "lying", check: "/readyz", gate: false },
  { id: "honest", title: "own readiness, honest", readyz: "honest", check: "/readyz", gate: false },
  {
    id: "routing",
    title: "Assay, routing check",
    readyz: "honest",
    check: "fleet",
    gate: false,
  },
  { id: "gate", title: "Assay, gate of each step", readyz: "lying", check: "/healthz", gate: true },
];

/** Whether an arm uses Assay. */
export const asksAssay = ({ check, gate }: Arm): boolean => gate || check === "fleet";
