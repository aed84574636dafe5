import { readdirSync, readFileSync } from "node:fs";
import { bodyText } from "../../../src/base/http/body_text.ts";
import type { Question } from "../../../src/config/question.ts";
import type { ReportAnswer, ReportState } from "../../../src/evidence/report/mod.ts";

/** One row of an INDEX.jsonl; what is absent is expected to be absent, and `dialect` is the folder's name. */
export interface Fixture {
  name: string;
  dialect: string;
  source: string;
  answer: Omit<ReportAnswer, "json">;
  declared?: string;
  /** The dialect that `auto` takes a declared answer for, because it has the same shape. */
  sibling?: string;
  expect: ReportState;
  phase?: "unclear";
  question?: Question;
  version?: string;
  contradictions?: string[];
  subsystems?: Record<string, ReportState>;
}

const ROOT = new URL("../../fixtures/report/", import.meta.url);

/** Every raw HTTP answer under `test/fixtures/report/`, folder by folder. */
export function fixtures(): Fixture[] {
  return folders().flatMap((dialect) =>
    readFileSync(new URL(`${dialect}/INDEX.jsonl`, ROOT), "utf8").trim().split("\n").map((line) => {
      const { file, url, ...row } = JSON.parse(line);
      const raw = readFileSync(new URL(`${dialect}/${file}`, ROOT));
      return { ...row, name: `${dialect}/${file}`, dialect, answer: answerOf(new URL(url), raw) };
    })
  );
}

/**
 * The state that each capture of a real product claims by itself, as written down when it was taken, by file name;
 * `none` where it is no health answer.
 */
export function labels(): Map<string, string> {
  const lines = readFileSync(new URL("../captures.jsonl", ROOT), "utf8").trim().split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map(({ file, label }) => [file, label]));
}

/** The dialects that have fixtures. */
export function folders(): string[] {
  return readdirSync(ROOT).toSorted();
}

function answerOf(url: URL, raw: Uint8Array): Omit<ReportAnswer, "json"> {
  const bytes = Array.from(raw, (byte) => String.fromCharCode(byte)).join("");
  const end = bytes.indexOf("\r\n\r\n");
  const [first = "", ...lines] = bytes.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }));
  const { text, isExact } = bodyText(raw.subarray(end + 4), headers.get("content-type"));
  if (!isExact) throw new Error(`${url}: the bytes are not text`);
  return { url, status: Number(first.split(" ")[1]), headers, text };
}
