/** @jsxRuntime automatic */
/** @jsxImportSource hono/jsx */
/** One round of one prober: the claim before, the journey step by step, the claim after. */
import type { Check } from "../../config/config.ts";
import type { StepTrace, WireTrace } from "../../evidence/probe/observation.ts";
import { Bar } from "./chart.tsx";
import { Name, Time } from "./layout.tsx";
import { type ProberView, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";

/** Values of a failed expectation that are shown. */
const VALUES = 20;

/** "DNS 1, connect 2, TLS 5, first byte 30 ms", as far as it was measured. */
function phasesText({ dnsMs, connectMs, tlsMs, firstByteMs }: WireTrace): string {
  const phases = { "DNS": dnsMs, connect: connectMs, "TLS": tlsMs, "first byte": firstByteMs };
  const said = Object.entries(phases).flatMap(([name, ms]) =>
    ms === undefined ? [] : [`${name} ${Math.round(ms)}`]
  );
  return said.length > 0 ? ` ${said.join(", ")} ms` : "";
}

/** The evidence of one prober. All texts in it were cut and freed of secrets by the prober. */
export function RoundDetails({ check, prober }: { check: Check; prober: ProberView }) {
  const { observed, reported, verdict, verdictReason, missed } = prober;
  return (
    <>
      <p>
        Verdict <b>{withSpaces(verdict ?? "none yet")}</b>
        {verdictReason && ` (${withSpaces(ellipsize(verdictReason))})`}; its vote is{" "}
        <b>{withSpaces(prober.vote)}</b>
        {prober.excluded && ` and excluded: ${prober.excluded}`}. {observed && (
          <>
            Slot <Time at={observed.slot!} />.
          </>
        )}
        {prober.stale && <b>This evidence is old; it says nothing of now.</b>}
      </p>
      {missed && (
        <p class="bad">
          The slot <Time at={missed.slot!} /> has no round: {ellipsize(missed.reason)}.
        </p>
      )}
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
      {check.report && !reported && <p>No claim was asked for in this round.</p>}
      <KeptRounds check={check} prober={prober} />
    </>
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

function JourneyTable({ check, observed }: { check: Check; observed: NonNullable<ProberView["observed"]> }) {
  const { outcome, totalMs, failure, cleanup, walkedAgain, traceId, traceUrl } = observed;
  let start = 0;
  const traces: (Partial<StepTrace> & Pick<StepTrace, "name" | "totalMs">)[] = observed.steps ?? [];
  const steps = traces.map((step) => ({
    start: (start += step.totalMs) - step.totalMs,
    ...step,
  }));
  return (
    <>
      <h2>
        Journey: <b>{outcome}</b> in {Math.round(totalMs)} ms
      </h2>
      {traceId && <p>Trace: {traceUrl ? <a href={traceUrl}>{traceId}</a> : <code>{traceId}</code>}</p>}
      {walkedAgain && (
        <p>
          <Name>{walkedAgain}</Name>
        </p>
      )}
      <div class="scroll" tabindex={0} role="group" aria-label="Steps">
        <table>
          <thead>
            <tr>
              <th>Step</th>
              <th>Request</th>
              <th>Answer</th>
              <th>ms</th>
              <th class="wide">Waterfall</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step, i) => (
              <tr class={step.name === failure?.step ? "bad" : undefined}>
                <th scope="row">
                  <Name>{step.name}</Name>
                </th>
                <td>
                  <RequestCell check={check} at={i} />
                </td>
                <td>
                  {answerText(step)}
                  {(step.requests ?? 1) > 1 && ` (${step.requests} requests)`}
                  {step.wire && <small>{phasesText(step.wire)}</small>}
                </td>
                <td>{Math.round(step.totalMs)}</td>
                <td>
                  <Bar
                    start={step.start}
                    length={step.totalMs}
                    whole={Math.max(totalMs, start)}
                    bad={step.name === failure?.step}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {failure && <FailureDetails {...failure} />}
      {cleanup && (
        <p>
          Cleanup: <b>{cleanup.outcome}</b>
          {cleanup.failure && (
            <>
              : <Name>{cleanup.failure.detail}</Name>
            </>
          )}
        </p>
      )}
    </>
  );
}

/** What came of a step, in few words. */
const answerText = (step: Partial<StepTrace>) =>
  headText(step) ?? step.note ?? (step.skipped ? "left out" : "–");

type Failure = NonNullable<NonNullable<ProberView["observed"]>["failure"]>;

/** As configured: what a prober fills in stays with it. */
function RequestCell({ check: { journey }, at }: { check: Check; at: number }) {
  const step = journey[at];
  return step
    ? (
      <code>
        <bdi>{ellipsize(step.summary, 128)}</bdi>
      </code>
    )
    : <>–</>;
}

function FailureDetails(
  { step, reason, expression, detail, values = {}, request, answer }: Failure,
) {
  return (
    <dl class="failure">
      <dt>Failed at</dt>
      <dd>
        <Name>{step}</Name> ({withSpaces(reason)})
      </dd>
      {expression && (
        <>
          <dt>Expected</dt>
          <dd>
            <code>
              <Name most={1_000}>{expression}</Name>
            </code>
          </dd>
        </>
      )}
      <dt>Found</dt>
      <dd>
        <Name most={400}>{detail}</Name>
      </dd>
      {Object.entries(values).slice(0, VALUES).map(([name, value]) => (
        <>
          <dt>
            <code>
              <Name>{name}</Name>
            </code>
          </dt>
          <dd>
            <code>
              <Name most={400}>{value}</Name>
            </code>
          </dd>
        </>
      ))}
      {request && <Exchange request={request} answer={answer} />}
    </dl>
  );
}

/** What was asked, as it was sent, and what came back. */
function Exchange({ request, answer }: Required<Pick<Failure, "request">> & Pick<Failure, "answer">) {
  const asked = messageText(`${request.method} ${request.url}`, request.headers);
  const answered = answer ? messageText(headText(answer), answer.headers, answer.excerpt) : "nothing";
  return (
    <>
      <dt>Asked</dt>
      <dd>
        <pre>{asked}</pre>
      </dd>
      <dt>Answered</dt>
      <dd>
        <pre>{answered}</pre>
      </dd>
    </>
  );
}

/** Undefined: it is no HTTP. */
const headText = ({ status }: { status?: number }) => status === undefined ? undefined : `HTTP ${status}`;

function messageText(line: string | undefined, headers: Record<string, string>, body?: string): string {
  const fields = Object.entries(headers).map((pair) => pair.join(": "));
  const head = [...(line === undefined ? [] : [line]), ...fields];
  return [...head, ...(body ? [...(head.length > 0 ? [""] : []), body] : [])].join("\n") || "no text";
}

const KEPT: [name: keyof NonNullable<ProberView["rounds"]>, title: string][] = [
  ["firstFailed", "First failed"],
  ["latestFailed", "Last failed"],
  ["lastGood", "Last good"],
];

/** The rounds that stand beside the one that is shown, each once. */
function KeptRounds({ check, prober: { rounds, slot } }: { check: Check; prober: ProberView }) {
  const shown = new Set([slot]);
  const others = KEPT.flatMap(([name, title]) => {
    const round = rounds?.[name];
    if (!round || shown.has(round.slot)) return [];
    shown.add(round.slot);
    return [{ title, round }];
  });
  return (
    <>
      {others.map(({ title, round: { slot, verdict, observed } }) => (
        <details>
          <summary>
            {title}: <Time at={slot!} />, {withSpaces(verdict)}
          </summary>
          <JourneyTable check={check} observed={observed} />
        </details>
      ))}
    </>
  );
}
