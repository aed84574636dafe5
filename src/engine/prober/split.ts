/** One prober made of several parts: each walks its share of the checks independently. */
import { messageOf } from "../../base/error_message.ts";
import type { Secrets } from "../../base/ports.ts";
import type { Check } from "../../config/config.ts";
import type { OnAnswer, Prober, ProberReply, ProberRequest, RoundResult } from "../../judgement/round.ts";

export interface SplitOptions {
  id: string;
  parts: readonly Pick<Prober, "ask">[];
  /** The index of the part that walks a check. */
  partOf(check: Check): number;
  secrets: Pick<Secrets, "redact">;
}

/**
 * A prober that asks each part for its share. Only the checks of a failed part are missed; rejects if all
 * parts fail.
 */
export function splitProber({ id, parts, partOf, secrets }: SplitOptions): Prober {
  const [only] = parts;
  if (only && parts.length === 1) return { id, ask: (request, onAnswer) => only.ask(request, onAnswer) };
  return {
    id,
    async ask(request, onAnswer) {
      const shares = [...Map.groupBy(request.checks, partOf)];
      const replies = await Promise.allSettled(
        shares.map(([part, checks]) => askPart(parts[part]!, { ...request, checks }, onAnswer)),
      );
      const whole = replies.flatMap((reply) => reply.status === "fulfilled" ? reply.value : []);
      const failed = replies.flatMap((reply, i) =>
        reply.status === "rejected" ? [{ reason: reply.reason, checks: shares[i]![1] }] : []
      );
      if (failed[0] && whole.length === 0) throw failed[0].reason;
      return {
        prober: id,
        slot: request.slot,
        suspect: whole.some(({ suspect }) => suspect),
        misplaced: whole.some(({ misplaced }) => misplaced),
        place: whole.find(({ place }) => place !== undefined)?.place,
        answers: [
          ...whole.flatMap(({ answers }) => answers),
          ...failed.flatMap(({ reason, checks }) => missedBy(checks, secrets.redact(messageOf(reason)))),
        ],
      };
    },
  };
}

/** Reports a part's answers as soon as it replies, with that part's own `suspect` and `misplaced`. */
async function askPart(
  part: Pick<Prober, "ask">,
  request: ProberRequest,
  onAnswer?: OnAnswer,
): Promise<ProberReply> {
  const reply = await part.ask(request, onAnswer);
  for (const answer of reply.answers) onAnswer?.(answer, reply);
  return reply;
}

const missedBy = (checks: readonly Check[], missed: string) =>
  checks.map(({ key, digest }): RoundResult => ({ check: key, digest, missed }));
