import { readdirSync, readFileSync } from "node:fs";
import type { Answer, Question, ReportState } from "../../src/report/mod.ts";

/** One row of an INDEX.jsonl; what is absent is expected to be absent, and `dialect` is the folder's name. */
export interface Fixture {
  name: string;
  dialect: string;
  source: string;
  answer: Omit<Answer, "json">;
  declared?: string;
  expect: ReportState;
  phase?: "unclear";
  question?: Question;
  version?: string;
  contradictions?: string[];
  subsystems?: Record<string, ReportState>;
}

const ROOT = new URL("../fixtures/report/", import.meta.url);

/** Every raw HTTP answer under `test/fixtures/report/`, folder by folder. */
export function fixtures(): Fixture[] {
  return folders().flatMap((dialect) =>
    readFileSync(new URL(`${dialect}/INDEX.jsonl`, ROOT), "utf8").trim().split("\n").map((line) => {
      const { file, url, ...row } = JSON.parse(line);
      const raw = readFileSync(new URL(`${dialect}/${file}`, ROOT), "utf8");
      return { ...row, name: `${dialect}/${file}`, dialect, answer: answerOf(new URL(url), raw) };
    })
  );
}

/** The dialects that have fixtures. */
export function folders(): string[] {
  return readdirSync(ROOT).toSorted();
}

function answerOf(url: URL, raw: string): Omit<Answer, "json"> {
  const end = raw.indexOf("\r\n\r\n");
  const [first = "", ...lines] = raw.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  return { url, status: Number(first.split(" ")[1]), headers, text: raw.slice(end + 4) };
}
