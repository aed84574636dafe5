import type { Layer } from "./report.ts";

/** The first matching pattern decides, so the order matters (`config` before `sync` before `cache`). */
const PATTERNS: readonly [layer: Layer, pattern: RegExp][] = [
  [
    "policy",
    /secret|cert|ssl|tls|licen[sc]e|token|oidc|auth(n|z)?config|rbac|policy|tenant|flag|config(?!uration-server)|kms|quota|alarm/i,
  ],
  [
    "state",
    /sync|replic|lag|leader|quorum|raft|wal|replay|migrat|schema|informer|cache[-_. ]?warm|xds|bootstrap|hydrat|shard|linearizable|serializable|learner|corrupt|rollout|initial|index(ing)?|election|meta/i,
  ],
  [
    "dependency",
    /db|database|sql|postgres|mysql|mongo|redis|cache|kafka|rabbit|amqp|broker|queue|s3|storage|http|api|dns|smtp|mail|ldap|upstream|cluster|elastic|search|consul|vault|etcd/i,
  ],
];

/** Guesses a subsystem's layer from its name; `process` if no pattern matches. */
export function layerOf(name: string): Layer {
  return PATTERNS.find(([, pattern]) => pattern.test(name))?.[0] ?? "process";
}
