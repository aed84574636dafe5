import { type Question, QUESTIONS } from "../../config/question.ts";

/** Last path segments that ask about liveness only. */
const LIVENESS = new Set(["livez", "live", "liveness", "alive", "ping"]);

/** The last non-empty segment of a path, in lower case. */
export function lastSegment(url: URL): string {
  const { pathname } = url;
  let end = pathname.length;
  while (pathname[end - 1] === "/") end--;
  return pathname.slice(pathname.lastIndexOf("/", end - 1) + 1, end).toLowerCase();
}

/**
 * The question that a request asks: as configured, else as the dialect says, else by the path. Default:
 * readiness.
 */
export function questionOf(url: URL, configured?: string, marked?: Question): Question {
  const named = QUESTIONS.find((question) => question === configured);
  return named ?? marked ?? (LIVENESS.has(lastSegment(url)) ? "liveness" : "readiness");
}
