import { type Question, QUESTIONS } from "../../config/question.ts";

/** Last path segments that ask whether a process lives, and nothing about traffic. */
const LIVENESS = new Set(["livez", "live", "liveness", "alive", "ping"]);

/** The last segment of a path that is not empty, in lower case. */
export function lastSegment(url: URL): string {
  const { pathname } = url;
  let end = pathname.length;
  while (pathname[end - 1] === "/") end--;
  return pathname.slice(pathname.lastIndexOf("/", end - 1) + 1, end).toLowerCase();
}

/** Which question was asked: as configured, else as the dialect marks it, else as the path says; readiness by default. */
export function questionOf(url: URL, configured?: string, marked?: Question): Question {
  const named = QUESTIONS.find((question) => question === configured);
  return named ?? marked ?? (LIVENESS.has(lastSegment(url)) ? "liveness" : "readiness");
}
