/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** Components shared by the cards of the overview and the lines of a target's page. */
import { Ago } from "./layout.tsx";
import { type CheckView, OUTCOME_TEXT, pairOf, withSpaces } from "./words.ts";

/** The outcome and since when it holds; `of` names the check if its target has several. */
export const OutcomePill = ({ view: { outcome, since }, of }: { view: CheckView; of?: string }) => (
  <b class="pill word">
    {OUTCOME_TEXT[outcome]}
    {of && ` (${of})`}
    {since && outcome !== "unknown" && (
      <>
        {" \u00b7 "}
        <Ago at={since} />
      </>
    )}
  </b>
);

/** The claim beside the proof. */
export function SaysDoes({ view }: { view: CheckView }) {
  const { says, saysTone, does, doesTone } = pairOf(view);
  return (
    <span class="pair">
      <span class={saysTone}>
        says <b>{says}</b>
      </span>{" "}
      <span class={doesTone}>
        does <b>{does}</b>
      </span>
    </span>
  );
}

/** One tag per region. */
export const RegionStrip = ({ view }: { view: CheckView }) => (
  <span class="strip">
    {view.regions.map(({ id, outcome }) => (
      <span class={outcome}>
        {id} <i>{withSpaces(outcome)}</i>
      </span>
    ))}
  </span>
);
