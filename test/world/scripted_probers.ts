import type { Check, Config } from "../../src/config/config.ts";
import type { JourneyOutcome, WireTrace } from "../../src/evidence/probe/observation.ts";
import type { Report, ReportState } from "../../src/evidence/report/report.ts";
import type { Prober, ProberReply, ProberRequest, Round } from "../../src/judgement/round.ts";

type Evidence = [before: ReportState, outcome: JourneyOutcome, after?: ReportState];

/** Evidence for each word, by the table of verdicts. */
const EVIDENCE = {
  ready: ["ready", "pass"],
  degraded: ["ready", "slow"],
  drift: ["ready", "fail", "ready"],
  not_ready: ["not_ready", "fail"],
  partDown: ["not_ready", "fail"],
  down: ["unreachable", "fail"],
  underclaim: ["not_ready", "pass", "not_ready"],
  inconclusive: ["ready", "error"],
  limited: ["ready", "error"],
  starting: ["starting", "fail"],
  suspect: ["unreachable", "fail"],
  hanging: ["unreachable", "fail"],
} satisfies Record<string, Evidence>;

/** What a puppet says of a check. `silent`: it never answers; `broken`: it fails at once. */
export type ScriptedAnswer = keyof typeof EVIDENCE | "silent" | "broken" | { missed: string };

/** Probers that say what they are told. */
export interface ScriptedProbers {
  probers: Prober[];
  /** Every request, in order. */
  requests: (ProberRequest & { prober: string })[];
  /** What `prober` (or all) says from now on, of one check or of every one that has no words of its own. */
  set(said: ScriptedAnswer, prober?: string, check?: string): void;
  /** What `prober` (or all) captures from now on. */
  capture(values: Record<string, string>, prober?: string): void;
  /** What every round measured from now on. */
  measure(wire: WireTrace): void;
}

/** One puppet for each prober of the config; at first all say `ready`. */
export function scriptedProbers({ regions }: Config): ScriptedProbers {
  const ids = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  const words = new Map<string, ScriptedAnswer>();
  const requests: ScriptedProbers["requests"] = [];
  const captured = new Map<string, Record<string, string>>();
  let wire: WireTrace | undefined;
  const answerFor = (id: string, check: Check) => words.get(`${id} ${check.key}`) ?? words.get(id) ?? "ready";
  const probers = ids.map((id): Prober => ({
    id,
    ask(request) {
      requests.push({ ...request, prober: id });
      const said = request.checks.map((check) => [check, answerFor(id, check)] as const);
      if (said.some(([, word]) => word === "silent")) return new Promise(() => {});
      if (said.some(([, word]) => word === "broken")) return Promise.reject(new Error("connection reset"));
      return Promise.resolve(replyOf(id, request.slot, said, { wire, captured: captured.get(id) }));
    },
  }));
  return {
    probers,
    requests,
    capture: (values, prober) => {
      for (const id of prober ? [prober] : ids) captured.set(id, values);
    },
    measure: (measured) => void (wire = measured),
    set: (said, prober, check) => {
      for (const id of prober ? [prober] : ids) words.set(check ? `${id} ${check}` : id, said);
    },
  };
}

function replyOf(
  prober: string,
  slot: number,
  said: (readonly [Check, ScriptedAnswer])[],
  { wire, captured }: { wire?: WireTrace; captured?: Record<string, string> },
): ProberReply {
  const answers = said.map(([{ key: check, digest }, word]): ProberReply["answers"][number] => {
    if (typeof word === "object") return { check, digest, missed: word.missed };
    if (word === "silent" || word === "broken") throw new Error(`${word} is no answer`);
    const { observation, ...round } = roundOf(word, slot, wire);
    return {
      check,
      digest,
      round: { ...round, observation: { ...observation, ...(captured && { captured }) } },
    };
  });
  return { prober, slot, suspect: said.some(([, word]) => word === "suspect"), misplaced: false, answers };
}

/** A part that the report of `partDown` names. */
const DATABASE = { name: "DB", state: "not_ready", layer: "dependency", required: true } as const;

/** The evidence that makes a word. */
export function roundOf(word: keyof typeof EVIDENCE, at: number, wire?: WireTrace): Round {
  const [before, outcome, after]: Evidence = EVIDENCE[word];
  const failed = outcome === "fail";
  return {
    before: reportOf(before, at, word === "partDown" ? { subsystems: [DATABASE] } : {}),
    ...(after && { after: reportOf(after, at) }),
    observation: {
      outcome,
      transport: word === "down" || word === "suspect" || word === "hanging",
      steps: [{
        name: "look",
        status: failed ? 500 : 200,
        requests: 1,
        headersMs: 4,
        totalMs: 5,
        ...(wire && { wire }),
      }],
      totalMs: 5,
      ...(word === "limited" && {
        failure: { step: "look", reason: "limit" as const, detail: "the body is longer than maxBody, 1MiB" },
      }),
      ...(failed && {
        failure: {
          step: "look",
          reason: "expectation" as const,
          expression: "body.state == 'accepted'",
          detail: "body.state is 'pending'",
          values: { "body.state": "'pending'" },
          request: { method: "GET", url: "https://shop.example/", headers: { accept: "*/*" } },
          answer: { status: 500, headers: { server: "shop" }, excerpt: '{"state":"pending"}' },
        },
      }),
      ...(word === "hanging" && {
        failure: { step: "look", reason: "timeout" as const, detail: "no complete answer within 10 s" },
      }),
    },
  };
}

/** A readiness report with nothing in it but its state. */
export function reportOf(state: ReportState, at: number, more: Partial<Report> = {}): Report {
  const question = "readiness";
  const empty = { claims: [], contradictions: [], subsystems: [] };
  return { state, dialect: "http", confidence: "code", question, ...empty, at, durationMs: 3, ...more };
}
