import type { Template } from "../../../../config/expression/mod.ts";

/** The request of a step. Strings may hold `{{ expr }}` and `${env:NAME}`. */
export interface StepRequest {
  method: string;
  /** Relative to the target's `url`, or absolute. */
  path: Template;
  /**
   * Present: `path` is a URL or a reference to one, is put in as it is, and may lead to these origins beside
   * the target's own.
   */
  origins?: readonly string[];
  query: [string, Template][];
  headers: [string, Template][];
  body:
    | { kind: "none" }
    | { kind: "json"; value: JsonTemplate }
    | { kind: "form"; fields: [string, Template][] }
    | { kind: "file"; base64: string }
    | { kind: "multipart"; parts: Part[] }
    | { kind: "raw"; text: Template };
}

/** One part of a `multipart/form-data` body; with `filename` it is a file's content. */
export interface Part {
  name: string;
  /** Text, or the content of a file. */
  value: Template | { base64: string };
  filename?: string;
  type?: string;
}

/** JSON whose strings are templates. A string that is a single expression keeps the type of its value. */
export type JsonTemplate = null | boolean | number | Template | JsonTemplate[] | JsonTemplateFields;
/** A JSON object of templates, in order. */
export interface JsonTemplateFields {
  fields: [string, JsonTemplate][];
}

/** The fields of an HTTP step. */
export interface HttpFields {
  request: StepRequest;
  /** Redirects to follow; with 0 the expectations see a 3xx. */
  redirects: number;
  /** Limit of a body that is read; absent: 1 MiB. */
  maxBodyBytes?: number;
}
