import { closest } from "../base/closest.ts";
import type { CheckDraft } from "./draft.ts";
import { describe, type Note, type Path } from "./problem.ts";

/** A source of a report, as written. */
export type SourceDraft = Exclude<NonNullable<CheckDraft["report"]>, readonly unknown[]>;

/** Dialects that ask in their own way. */
export const GRPC: readonly string[] = ["grpc-health", "grpc-web"];
const AWS = "elb";

/** How the answer of a source that is asked is read. */
export const dialectOf = ({ aws, dialect = aws ? AWS : "auto" }: SourceDraft): string => dialect;

/** The places to ask; `aws` knows its own. */
const ENDPOINT_KEYS = ["path", "url", "aws"] as const;

/** Notes what is wrong between the fields of a source that is asked. */
export function checkSource(
  draft: SourceDraft,
  path: Path,
  { dialects, note }: { dialects: readonly string[]; note: Note },
): void {
  const { aws, service } = draft;
  const dialect = dialectOf(draft);
  checkPlace(draft, GRPC.includes(dialect), path, note);
  const known = ["auto", ...dialects];
  if (!known.includes(dialect)) {
    note({
      path: [...path, "dialect"],
      message: "unknown dialect",
      expected: `one of: ${known.join(", ")}`,
      found: describe(dialect, path),
      suggestion: closest(dialect, known),
    });
  }
  if (service !== undefined && !GRPC.includes(dialect)) {
    const expected = `dialect: ${GRPC.join(" or ")}`;
    note({
      path: [...path, "service"],
      at: "key",
      message: "only gRPC has services",
      expected,
      found: dialect,
    });
  }
  if (aws && dialect !== AWS) {
    const message = "the answer of AWS has a dialect of its own";
    note({ path: [...path, "dialect"], message, expected: AWS, found: describe(dialect, path) });
  }
}

/** A source has one place to ask; for `aws` a `url` may stand in for the public endpoint. */
function checkPlace(draft: SourceDraft, isKnown: boolean, path: Path, note: Note): void {
  const [first, second] = ENDPOINT_KEYS.filter((key) => key in draft);
  if (!first && !isKnown) {
    const message = "a report needs to know where the claim comes from";
    note({ path, at: "key", message, expected: "one of: path, url, push, aws" });
  }
  if (!second || (first === "url" && second === "aws")) return;
  const message = second === "url"
    ? "a report has a path or a url, not both"
    : "with aws the load balancing API is asked, not the target";
  note({ path: [...path, second === "url" ? "url" : first!], at: "key", message, expected: "one of them" });
}
