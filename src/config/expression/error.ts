/** Position of a mistake, and what was expected. */
export interface Mistake {
  start: number;
  end: number;
  expected?: string;
  found?: string;
  suggestion?: string;
}

/** A mistake in an expression or template; `start` and `end` are offsets in its source. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  start: number;
  end: number;
  expected?: string;
  found?: string;
  /** Did you mean. */
  suggestion?: string;

  constructor(message: string, { start, end, expected, found, suggestion }: Mistake) {
    super(message);
    this.start = start;
    this.end = end;
    this.expected = expected;
    this.found = found;
    this.suggestion = suggestion;
  }
}
