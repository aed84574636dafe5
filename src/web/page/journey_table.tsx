/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** A journey step by step, with a waterfall and the failure. */
import type { Check } from "../../config/config.ts";
import type { StepTrace, WireTrace } from "../../evidence/probe/observation.ts";
import { type Phase, WaterfallBar } from "./chart.tsx";
import { Name } from "./layout.tsx";
import { type ProberView, withSpaces } from "./words.ts";
import { ellipsize } from "../../base/text.ts";

/** The result of a journey. */
export type ObservedView = NonNullable<ProberView["observed"]>;

/** Maximum number of values shown for a failed expectation. */
const VALUES = 20;

/**
 * Measured phases of a request, in order. The rest of the step's time comes last, or first if the step had
 * several requests.
 */
const PHASES = [["DNS", "dnsMs"], ["connect", "connectMs"], ["TLS", "tlsMs"], [
  "first byte",
  "firstByteMs",
]] as const;

type ShownStep = Partial<StepTrace> & Pick<StepTrace, "name" | "totalMs">;

function phasesOf({ wire, totalMs, requests = 1 }: ShownStep): Phase[] {
  const known = PHASES.flatMap(([name, key], i): Phase[] => {
    const ms = wire?.[key];
    return ms === undefined ? [] : [{ name, ms, tone: i }];
  });
  if (known.length === 0) return [];
  const rest = totalMs - known.reduce((sum, { ms }) => sum + ms, 0);
  if (rest <= 0) return known;
  return requests > 1
    ? [{ name: "requests before", ms: rest, tone: 5 }, ...known]
    : [...known, { name: "rest", ms: rest, tone: 4 }];
}

/** "DNS 1, connect 2, TLS 5, first byte 30 ms", as far as measured. */
function phasesText(wire: WireTrace): string {
  const said = PHASES.flatMap(([name, key]) =>
    wire[key] === undefined ? [] : [`${name} ${Math.round(wire[key])}`]
  );
  return said.length > 0 ? `${said.join(", ")} ms` : "";
}

/** The steps of a journey with request, response and timing. */
export function JourneyTable({ check, observed }: { check: Check; observed: ObservedView }) {
  const { outcome, totalMs, failure, cleanup, walkedAgain, traceId, traceUrl } = observed;
  let start = 0;
  const traces: ShownStep[] = observed.steps ?? [];
  const steps = traces.map((step): TimedStep => ({
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
        <table class="steps">
          <thead>
            <tr>
              <th>Step</th>
              <th>Request</th>
              <th>Response</th>
              <th>Time</th>
              <th class="wide">Waterfall</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step, i) => (
              <StepRow
                {...{ check, step }}
                at={i}
                whole={Math.max(totalMs, start)}
                bad={step.name === failure?.step}
              />
            ))}
          </tbody>
        </table>
      </div>
      {steps.some(({ wire }) => wire?.firstByteMs !== undefined) && <PhaseLegend />}
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

/** A step of a journey, and when it starts within it, ms. */
type TimedStep = ShownStep & { start: number };

function StepRow(
  { check, step, at, whole, bad }: {
    check: Check;
    step: TimedStep;
    at: number;
    /** Length of the waterfall, ms. */
    whole: number;
    bad: boolean;
  },
) {
  const { name, start, totalMs, requests = 1, wire } = step;
  return (
    <tr class={bad ? "bad" : undefined}>
      <th scope="row">
        <Name>{name}</Name>
      </th>
      <td>
        <RequestCell check={check} at={at} />
      </td>
      <td>
        {answerText(step)}
        {requests > 1 && ` (${requests} requests)`}
        {wire && (
          <>
            {" "}
            <small>{phasesText(wire)}</small>
          </>
        )}
      </td>
      <td class="n">{Math.round(totalMs)} ms</td>
      <td>
        <WaterfallBar {...{ start, whole, bad }} length={totalMs} phases={phasesOf(step)} />
      </td>
    </tr>
  );
}

const PhaseLegend = () => (
  <p class="phases">
    {[...PHASES.map(([name]) => name), "rest"].map((name, i) => (
      <span>
        <svg viewBox="0 0 8 8" aria-hidden="true">
          <path class={`t${i}`} d="M0 0h8v8H0z" />
        </svg>
        {name}
      </span>
    ))}
  </p>
);

/** The result of a step in a few words. */
const answerText = (step: Partial<StepTrace>) =>
  headText(step) ?? step.note ?? (step.skipped ? "skipped" : "–");

type Failure = NonNullable<ObservedView["failure"]>;

/** The request as configured; values that a prober fills in are not shown. */
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

/** Details of a failure. Notices have no `reason`. */
export function FailureDetails(
  { step, reason, expression, detail, values = {}, request, answer }:
    & Omit<Failure, "reason">
    & { reason?: string },
) {
  return (
    <dl class="failure">
      <dt>Failed at</dt>
      <dd>
        <Name>{step}</Name>
        {reason && ` (${withSpaces(reason)})`}
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

/** The request as sent, and its response. */
function Exchange({ request, answer }: Required<Pick<Failure, "request">> & Pick<Failure, "answer">) {
  const asked = messageText(`${request.method} ${request.url}`, request.headers);
  const answered = answer ? messageText(headText(answer), answer.headers, answer.excerpt) : "none";
  return (
    <>
      <dt>Request</dt>
      <dd>
        <pre>{asked}</pre>
      </dd>
      <dt>Response</dt>
      <dd>
        <pre>{answered}</pre>
      </dd>
    </>
  );
}

/** The status line; undefined if the step is not HTTP. */
const headText = ({ status }: { status?: number }) => status === undefined ? undefined : `HTTP ${status}`;

function messageText(line: string | undefined, headers: Record<string, string>, body?: string): string {
  const fields = Object.entries(headers).map((pair) => pair.join(": "));
  const head = [...(line === undefined ? [] : [line]), ...fields];
  return [...head, ...(body ? [...(head.length > 0 ? [""] : []), body] : [])].join("\n") || "empty";
}
