/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** What cards and lines of a check are made of. */
import { Ago } from "./layout.tsx";
import { type CheckView, OUTCOME_TEXT, pairOf, withSpaces } from "./words.ts";

/** Its outcome, and since when; `of` names the check where its target has several. */
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

/** What is claimed beside what was proven. */
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

/** One tag a region. */
export const RegionStrip = ({ view }: { view: CheckView }) => (
  <span class="strip">
    {view.regions.map(({ id, outcome }) => (
      <span class={outcome}>
        {id} <i>{withSpaces(outcome)}</i>
      </span>
    ))}
  </span>
);
