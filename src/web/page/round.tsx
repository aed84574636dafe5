/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/**
 * The page of one round of one prober: the claim before, the journey, the claim after, and links to kept
 * rounds.
 */
import type { Check } from "../../config/config.ts";
import type { CapturedValue } from "../../judgement/state.ts";
import { Comparison, type RoundView } from "./comparison.tsx";
import { JourneyTable } from "./journey_table.tsx";
import { Name, Time } from "./layout.tsx";
import { type CheckView, OUTCOME_TEXT, type ProberView, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";

/** Names of the rounds kept per prober, with their labels. */
const ROUNDS = {
  latest: "Latest",
  firstFailed: "First failed",
  latestFailed: "Last failed",
  lastGood: "Last good",
} as const;
/** The name of a round. */
export type RoundName = keyof typeof ROUNDS;

/** Whether `name` is the name of a round. */
export const isRoundName = (name: string): name is RoundName => Object.hasOwn(ROUNDS, name);

/** The page of a prober's rounds. It shows one of them, and a failed one compared with the last good one. */
export function RoundPage(
  { check, prober, name, path, captured = {} }: {
    check: Check;
    prober: ProberView;
    name: RoundName;
    path: string;
    /** Its last captured values that must agree across regions. */
    captured?: Record<string, CapturedValue>;
  },
) {
  const { rounds = {} as NonNullable<ProberView["rounds"]> } = prober;
  const shown = name === "latest" ? undefined : rounds[name];
  const failed = shown ?? rounds.latestFailed ?? rounds.firstFailed;
  return (
    <>
      <Breadcrumbs check={check} />
      <h1>Rounds of {prober.id}</h1>
      <div id="round" data-live>
        <RoundLinks prober={prober} name={shown ? name : "latest"} path={path} />
        {shown ? <KeptRound check={check} round={shown} /> : <RoundDetails check={check} prober={prober} />}
        {failed && rounds.lastGood && failed.slot !== rounds.lastGood.slot && (
          <Comparison failed={failed} good={rounds.lastGood} />
        )}
        {Object.keys(captured).length > 0 && (
          <p>
            Captured: {Object.entries(captured).map(([name, { value, at }], i) => (
              <>
                {i > 0 && ", "}
                <code>
                  <Name>{name}</Name> = <Name>{value}</Name>
                </code>{" "}
                (<Time at={at} short />)
              </>
            ))}
          </p>
        )}
      </div>
    </>
  );
}

/** Links to the rounds, without duplicates: if the latest is also the last good one, it is listed once. */
function RoundLinks(
  { prober: { rounds, slot }, name, path }: { prober: ProberView; name: RoundName; path: string },
) {
  const seen = new Set([slot]);
  const others = (Object.keys(ROUNDS) as RoundName[]).flatMap((name) => {
    const round = name === "latest" ? undefined : rounds?.[name];
    if (!round || seen.has(round.slot)) return [];
    seen.add(round.slot);
    return [{ name, at: round.slot }];
  });
  if (others.length === 0) return null;
  return (
    <nav class="chips" aria-label="Rounds">
      {[{ name: "latest" as RoundName, at: slot }, ...others].map((one) => (
        <a
          href={one.name === "latest" ? path : `${path}?round=${one.name}`}
          aria-current={one.name === name ? "page" : undefined}
        >
          {ROUNDS[one.name]}
          {one.at && (
            <>
              {" "}
              <Time at={one.at} short />
            </>
          )}
        </a>
      ))}
    </nav>
  );
}

function KeptRound(
  { check, round: { slot, verdict, verdictReason, reported, observed } }: { check: Check; round: RoundView },
) {
  return (
    <>
      <p>
        <b class={`pill word ${verdict}`}>{verdictText(verdict)}</b>
        {verdictReason && ` Reason: ${withSpaces(ellipsize(verdictReason))}.`} Slot <Time at={slot!} />.
      </p>
      <Journey check={check} reported={reported} observed={observed} />
    </>
  );
}

const verdictText = (verdict: string): string =>
  (OUTCOME_TEXT as Record<string, string>)[verdict] ?? withSpaces(verdict);

/** The evidence of one prober. The prober has already shortened and redacted all texts. */
export function RoundDetails({ check, prober }: { check: Check; prober: ProberView }) {
  const { observed, reported, verdict, verdictReason, missed } = prober;
  return (
    <>
      <p>
        <b class={`pill word ${verdict ?? "unknown"}`}>{verdict ? verdictText(verdict) : "no verdict yet"}</b>
        {verdictReason && ` Reason: ${withSpaces(ellipsize(verdictReason))}.`} Vote:{" "}
        <b>{withSpaces(prober.vote)}</b>
        {prober.excluded && ` (excluded: ${prober.excluded})`}. {observed && (
          <>
            Slot <Time at={observed.slot!} />.
          </>
        )} {prober.stale && <b>This evidence is stale.</b>}
      </p>
      {missed && (
        <p class="bad">
          The slot <Time at={missed.slot!} /> has no round: {ellipsize(missed.reason)}.
        </p>
      )}
      <Journey check={check} reported={reported} observed={observed} />
      {check.report && !reported && <p>This round requested no report.</p>}
    </>
  );
}

function Journey(
  { check, reported, observed }: { check: Check } & Pick<ProberView, "reported" | "observed">,
) {
  return (
    <ol class="journey">
      {reported?.before && (
        <li>
          <Claim when="Claim before" claim={reported.before} />
        </li>
      )}
      {observed && (
        <li>
          <JourneyTable check={check} observed={observed} />
        </li>
      )}
      {reported && (
        <li>
          <Claim when={reported.before ? "Claim after" : "Claim"} claim={reported} />
        </li>
      )}
    </ol>
  );
}

type ReportedClaim = Omit<NonNullable<ProberView["reported"]>, "before">;

function Claim({ when, claim }: { when: string; claim: ReportedClaim }) {
  const parts = Map.groupBy(claim.subsystems ?? [], ({ layer }) => layer ?? "part");
  return (
    <>
      <h2>
        {when}: <b>{withSpaces(claim.state)}</b>
      </h2>
      <p>
        {claim.dialect}, question {claim.question}
        {claim.httpStatus !== undefined && `, HTTP ${claim.httpStatus}`}, {claim.durationMs} ms
        {claim.reason && (
          <>
            : <Name>{claim.reason}</Name>
          </>
        )}
      </p>
      {claim.contradictions?.map((text) => (
        <p class="bad">
          <Name>{text}</Name>
        </p>
      ))}
      {claim.sources && (
        <ul>
          {claim.sources.map(({ name, state }) => (
            <li>
              <Name>{name}</Name>: {withSpaces(state)}
            </li>
          ))}
        </ul>
      )}
      {[...parts].map(([layer, all]) => (
        <p>
          {layer}: {all.map(({ name, state }, i) => (
            <>
              {i > 0 && ", "}
              <Name>{name}</Name> {withSpaces(state)}
            </>
          ))}
        </p>
      ))}
    </>
  );
}

/** The result of a run on demand, by prober. */
export function RunResult({ check, view }: { check: Check; view: CheckView }) {
  return (
    <>
      <Breadcrumbs check={check} />
      <h1>Run now</h1>
      <p>This run is not stored and changes no vote.</p>
      {view.regions.flatMap(({ id: region, probers }) =>
        probers.map((prober) => (
          <section>
            <h2>{region} · {prober.id}</h2>
            <RoundDetails check={check} prober={prober} />
          </section>
        ))
      )}
    </>
  );
}

const Breadcrumbs = ({ check }: { check: Check }) => (
  <p>
    <a href={`/targets/${check.target.id}`}>
      <Name>{check.target.name}</Name>
    </a>{" "}
    / {check.id}
  </p>
);
