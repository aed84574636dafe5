/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The page's headline, the sentence below it, and the tab's icon: what is broken, worst first. */
import { ellipsize } from "../../base/text.ts";
import { WORST_FIRST } from "../../judgement/words.ts";
import type { CurrentOutcome } from "../../judgement/current_outcome.ts";
import { Name, Time } from "./layout.tsx";
import type { Row } from "./row.ts";
import { pairOf, toneOf } from "./words.ts";

/** Verb phrases for one service and for several. */
const VERBS: Record<Exclude<CurrentOutcome, "ready">, [one: string, many: string]> = {
  drift: ["overclaims", "overclaim"],
  down: ["is down", "are down"],
  not_ready: ["is not ready", "are not ready"],
  failing: ["fails", "fail"],
  unknown: ["has no fresh evidence", "have no fresh evidence"],
  pending: ["has too little evidence", "have too little evidence"],
  split: ["is disputed among regions", "are disputed among regions"],
  underclaim: ["underclaims", "underclaim"],
  unreported: ["gives no readable report", "give no readable report"],
  degraded: ["is degraded", "are degraded"],
};

/** A part of the headline. */
interface Part {
  text: string;
  outcome?: CurrentOutcome;
}

const NAME = 40;
/** Maximum number of services in the sentence. */
const NAMED = 2;

/**
 * The broken services by name or number; if none is broken, those that are not ready. Then the numbers of the
 * others.
 */
function partsOf(rows: readonly Row[]): Part[] {
  const isBroken = rows.some(({ check }) => toneOf(check.outcome) === "bad");
  const parts = WORST_FIRST.flatMap((outcome): Part[] => {
    if (outcome === "ready" || (isBroken && toneOf(outcome) !== "bad")) return [];
    const found = rows.filter(({ check }) => check.outcome === outcome);
    if (found.length === 0) return [];
    const [one, many] = VERBS[outcome];
    const text = found.length === 1
      ? `${ellipsize(found[0]!.target.name, NAME)} ${one}`
      : `${found.length} services ${many}`;
    return [{ text, outcome }];
  });
  if (parts.length === 0) return [{ text: allReady(rows) }];
  const count = (tone: ReturnType<typeof toneOf>) =>
    rows.filter(({ check }) => toneOf(check.outcome) === tone).length;
  const rest: Part[] = [
    ...(isBroken
      ? [{ n: count("warn"), text: count("warn") === 1 ? "warning" : "warnings" }, {
        n: count("none"),
        text: "not judged",
      }]
      : []),
    { n: count("good"), text: "fine" },
  ].filter(({ n }) => n > 0).map(({ n, text }) => ({ text: `${n} ${text}` }));
  return [...parts, ...rest];
}

function allReady(rows: readonly Row[]): string {
  const [first] = rows;
  if (!first) return "No services";
  return rows.length === 1
    ? `${ellipsize(first.target.name, NAME)} is ready`
    : `All ${rows.length} services are ready`;
}

/** "Search is down, Checkout overclaims, 5 fine". */
export const headline = (rows: readonly Row[]): string => partsOf(rows).map(({ text }) => text).join(", ");

/** The headline, with each part in its colour. */
export const Headline = ({ rows }: { rows: readonly Row[] }) => (
  <h1 id="headline" data-live aria-live="polite">
    {partsOf(rows).map(({ text, outcome }, i) => (
      <>
        {i > 0 && ", "}
        {outcome ? <bdi class={`tone ${outcome}`}>{text}</bdi> : text}
      </>
    ))}
  </h1>
);

/**
 * One sentence for each of the worst services: what it says and does. Empty if all are well. `rows`: worst
 * first.
 */
export function Lede({ rows }: { rows: readonly Row[] }) {
  const bad = rows.filter(({ check: { outcome } }) => toneOf(outcome) === "bad").slice(0, NAMED);
  return (
    <p id="lede" class="lede" data-live>
      {bad.map(({ target, check }) => {
        const { says, does } = pairOf(check);
        return (
          <span>
            <Name most={NAME}>{target.name}</Name> {says.startsWith("no") ? "gives" : "says"} {says} and{" "}
            {check.since ? does.replace("fails", "has failed") : does}
            {check.since && (
              <>
                {" "}since <Time at={check.since} short />
              </>
            )}.{" "}
          </span>
        );
      })}
    </p>
  );
}

/** Colour and path of each icon: a disc with a sign. */
const ICONS = {
  good: ["1a7f47", "M9 16.5l5 5 9-11"],
  over: ["b3126b", "M8 13h16M8 19h16M20 8l-8 16"],
  bad: ["c0271c", "M11 11l10 10M21 11L11 21"],
  warn: ["8a5a00", "M16 9v8M16 22v.5"],
  none: ["5a6472", "M10 16h12"],
} as const;

/** The tab's icon for the worst outcome, as a data URL. */
export function iconOf(worst: CurrentOutcome): string {
  const [colour, path] = ICONS[worst === "drift" ? "over" : toneOf(worst)];
  const svg =
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle cx='16' cy='16' r='16' fill='%23${colour}'/>` +
    `<path d='${path}' fill='none' stroke='%23fff' stroke-width='4' stroke-linecap='round'/></svg>`;
  return `data:image/svg+xml,${svg}`;
}
