/** What decides that a changed replica may serve: the arms of the experiment. */

/** One arm. */
export interface Arm {
  id: string;
  title: string;
  /** What the replicas' own /readyz says: the truth, or always yes. */
  readyz: "honest" | "lying";
  /** The health check of HAProxy, which every arm has. */
  check: "port" | "/healthz" | "/readyz" | "fleet";
  /** Waits for `assay gate` before a replica gets traffic. Without it HAProxy's check decides. */
  gate: boolean;
}

/** All arms. Assay has the hardest case: a service that lies, and a proxy that checks nothing but that it lives. */
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

/** Whether any part of the arm asks Assay. */
export const asksAssay = ({ check, gate }: Arm): boolean => gate || check === "fleet";
