/** Sixty virtual minutes of four checks, what the target does in them, and what Assay must make of it. */

/** Minute 0, epoch ms. */
export const START = 1_700_000_040_000;
export const MINUTE = 60_000;
export const MINUTES = 60;
export const PROBERS = ["weur", "enam", "apac"];

/** Whether `/readyz` says ready, and whether an order placed is accepted. */
interface Behaviour {
  says: boolean;
  does: boolean;
}

const LIES: Behaviour = { says: true, does: false };
const FAILS: Behaviour = { says: false, does: false };
const SERVES_UNREADY: Behaviour = { says: false, does: true };
const WELL: Behaviour = { says: true, does: true };

/** Who sees the mood, in minutes from `from` up to `to`. */
type Phase = [check: string, probers: string[], from: number, to: number, mood: Behaviour];

const ALL = PROBERS;
const PHASES: Phase[] = [
  ["shop/orders", ALL, 5, 12, LIES],
  ["shop/orders", ALL, 30, 36, LIES],
  ["shop/orders", ALL, 40, 44, LIES],
  ["shop/mail", ["apac"], 10, 20, LIES],
  ["shop/mail", ALL, 25, 33, SERVES_UNREADY],
  ["bank/default", ["weur", "enam"], 8, 20, FAILS],
  ["bank/default", ALL, 35, 38, LIES],
  ["bank/default", ALL, 38, 46, FAILS],
  ["bank/cards", ALL, 20, 30, LIES],
];

/** What the target does for one prober in one slot (epoch ms). */
export function behaviourOf(check: string, prober: string, slot: number): Behaviour {
  const at = (slot - START) / MINUTE;
  const spell = PHASES.find(([name, probers, from, to]) =>
    name === check && probers.includes(prober) && from <= at && at < to
  );
  return spell?.[4] ?? WELL;
}

/**
 * By the rules for votes and incidents: two failed slots in a row turn a vote bad and two good ones turn it back; two of
 * three regions decide; drift becomes an outage once it has no majority among the last three failed slots; an underclaim
 * ends when the outcome has been ready for a period; within ten minutes an incident opens again under its old id, and its
 * second episode ends only when it could have for five minutes. One accuser of three (shop/mail, minute 10) opens nothing.
 * Changes are in minutes from START.
 */
export const INCIDENTS = [
  ["shop/orders", "service", 1, ["opened drift 6", "resolved drift 13"]],
  [
    "shop/orders",
    "service",
    2,
    ["opened drift 31", "resolved drift 37", "opened drift 41", "resolved drift 50"],
  ],
  ["shop/mail", "quality", 1, ["opened underclaim 26", "resolved underclaim 34"]],
  ["bank/default", "service", 1, ["opened outage 9", "resolved outage 21"]],
  ["bank/default", "service", 1, ["opened drift 36", "updated outage 39", "resolved outage 47"]],
  ["bank/cards", "service", 1, ["opened drift 21", "resolved drift 31"]],
] as const;

/**
 * The config: the checks of the story against `target`, and one webhook to `receiver`. All probers walk at the slot and nothing is
 * confirmed: what happens when is then by the slot alone.
 */
export function config({ target, receiver }: { target: string; receiver: string }): string {
  const check = (id: string) => `
      - id: ${id}
        every: 1m
        turns: 1
        confirm: 0
        report: { path: /readyz }
        journey:
          - name: place an order
            request: { method: POST, path: /orders, json: { ref: "{{ run.id }}" } }
            expect: ["status == 201"]
            capture: { order: body.id }
          - name: read it back
            request: { path: "/orders/{{ captures.order }}" }
            expect: ["body.state == 'accepted'"]`;
  return `
version: 1
store: { memory: {} }
allowPrivate: true
regions: [${PROBERS.join(", ")}]
targets:
  - id: shop
    url: ${target}
    checks: ${check("orders")} ${check("mail")}
  - id: bank
    url: ${target}
    checks: ${check("default")} ${check("cards")}
webhooks:
  - { id: oncall, url: "${receiver}", secret: "\${env:ONCALL_SECRET}" }
`;
}
