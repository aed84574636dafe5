import { closest } from "../base/closest.ts";
import type { CheckDraft } from "./draft.ts";
import { describe, type Note, type Path } from "./problem.ts";

/** A source of a report, as written. */
export type SourceDraft = Exclude<NonNullable<CheckDraft["report"]>, readonly unknown[]>;

/** Dialects with their own protocol. */
export const GRPC: readonly string[] = ["grpc-health", "grpc-web"];
const AWS = "elb";

/** The dialect of a source that probers request. */
export const dialectOf = ({ aws, dialect = aws ? AWS : "auto" }: SourceDraft): string => dialect;

/** Keys that define where to send the request; `aws` implies its endpoint. */
const ENDPOINT_KEYS = ["path", "url", "aws"] as const;

/** Reports contradictions between the fields of a source that probers request. */
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
    const message = "answers of AWS have their own dialect";
    note({ path: [...path, "dialect"], message, expected: AWS, found: describe(dialect, path) });
  }
}

/** Checks that a source has one endpoint. With `aws`, a `url` may replace the public endpoint. */
function checkPlace(draft: SourceDraft, isKnown: boolean, path: Path, note: Note): void {
  const [first, second] = ENDPOINT_KEYS.filter((key) => key in draft);
  if (!first && !isKnown) {
    const message = "a report needs a source of its claim";
    note({ path, at: "key", message, expected: "one of: path, url, push, aws" });
  }
  if (!second || (first === "url" && second === "aws")) return;
  const message = second === "url"
    ? "a report has a path or a url, not both"
    : "with aws, requests go to the load balancing API, not to the target";
  note({ path: [...path, second === "url" ? "url" : first!], at: "key", message, expected: "one of them" });
}
