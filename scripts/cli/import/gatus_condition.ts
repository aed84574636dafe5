/** Conditions of Gatus as CEL (its config/endpoint/condition.go and placeholder.go). */
import { celText, type Remark, type Taken } from "./draft.ts";

/** A condition as one of ours, or why there is none. */
export type Mapped = { cel: string; approximated?: string } | { lost: string };

/** What a step sees of what Gatus names; absent: nothing. */
interface Seen {
  status?: string;
  connected: string;
  daysLeft?: string;
  rcode?: string;
  /** The whole of what was answered. */
  text?: string;
  /** It may be JSON. */
  isParsed?: true;
  /** What stands for `body`. */
  body?: string;
  /** Records, of which any may match. */
  records?: "plain" | "named" | "MX";
}

const http: Seen = {
  status: "status",
  connected: "status > 0",
  daysLeft: "certificate.daysLeft",
  text: "text",
  isParsed: true,
};

/** By kind of step. */
export const SEEN = {
  http,
  tcp: { connected: "connected", text: "text" },
  tls: { connected: "version != ''", daysLeft: "daysLeft" },
  websocket: { connected: "size(messages) > 0", text: "text", isParsed: true },
  grpc: { connected: "status == 'OK'", isParsed: true, body: "message" },
  dns: { connected: "rcode != ''", rcode: "rcode", records: "plain" },
} satisfies Record<string, Seen>;

const OPERATORS = [" == ", " != ", " <= ", " >= ", " > ", " < "];

/** One condition, such as `[BODY].status == UP`. */
export function gatusCondition(source: string, seen: Seen = http): Mapped {
  const operator = OPERATORS.find((operator) => source.includes(operator));
  if (!operator) return { lost: `no operator: ${source}` };
  const at = source.indexOf(operator);
  const [left, right] = [source.slice(0, at).trim(), source.slice(at + operator.length).trim()];
  return compare({ left, operator: operator.trim(), right }, seen);
}

function compare(
  { left, operator, right }: { left: string; operator: string; right: string },
  seen: Seen,
): Mapped {
  const hundreds = /^pat\(([1-5])\*\*?\)$/.exec(right)?.[1];
  const unseen = { lost: `${left} is not seen by such a step` };
  if (left === "[RESPONSE_TIME]") return numbers("durationMs", operator, right);
  if (left === "[STATUS]" && seen.status === undefined) return unseen;
  if (left === "[STATUS]" && hundreds && (operator === "==" || operator === "!=")) {
    const range = `status >= ${hundreds}00 && status <= ${hundreds}99`;
    return { cel: operator === "==" ? range : `!(${range})` };
  }
  if (left === "[STATUS]") return numbers("status", operator, right);
  if (left === "[CONNECTED]") {
    return operator === "==" && right === "true"
      ? { cel: seen.connected }
      : { lost: "a step that gets no answer never holds" };
  }
  if (left === "[DNS_RCODE]" && seen.rcode) return texts(seen.rcode, operator, right);
  if (left === "[CERTIFICATE_EXPIRATION]") return certificate(seen.daysLeft, operator, right) ?? unseen;
  if (/^\[(IP|DNS_RCODE|DOMAIN_EXPIRATION)\]$/.test(left)) return unseen;
  if (left === "[BODY]" && seen.records) return anyRecord(seen.records, operator, right);
  return bodyCondition({ left, operator, right }, seen) ?? unseen;
}

function bodyCondition(
  { left, operator, right }: { left: string; operator: string; right: string },
  { text, isParsed, body }: Seen,
): Mapped | undefined {
  const has = /^has\((.+)\)$/.exec(left);
  if (has) return isParsed && hasPath({ inside: has[1]!, operator, right }, body);
  const length = /^len\((.+)\)$/.exec(left);
  const path = bodyPath(length?.[1] ?? left, body);
  if (path === undefined) return { lost: `${left} is no value that a journey sees` };
  if (path === "" ? text === undefined : !isParsed) return undefined;
  if (length) return numbers(path === "" ? "size(text)" : `size(${path})`, operator, right);
  if (path === "") return texts("text", operator, right);
  return values(path, operator, right);
}

/** Gatus sees the last record alone, without the preference of an MX, and names with their last dot. */
function anyRecord(kind: "plain" | "named" | "MX", operator: string, right: string): Mapped {
  const bare = kind === "plain" ? right : right.replace(/\.(?=[,)]|$)/g, "");
  const wanted = kind === "MX" ? behindPreference(bare) : bare;
  const mapped = texts("r", "==", wanted);
  if (!("cel" in mapped) || (operator !== "==" && operator !== "!=")) {
    return { lost: "a record is not more or less than another" };
  }
  const cel = `records.exists(r, ${mapped.cel})`;
  return {
    cel: operator === "==" ? cel : `!${cel}`,
    approximated: "about any record, where Gatus looks at the last one",
  };
}

function behindPreference(right: string): string {
  const [, head, inside = right] = /^(any|pat)\((.*)\)$/.exec(right) ?? [];
  if (head === "any") return `any(${inside.split(",").map((one) => behindPreference(one.trim())).join(",")})`;
  return `pat(* ${inside})`;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function numbers(value: string, operator: string, right: string): Mapped {
  const any = /^any\((.+)\)$/.exec(right);
  if (any && (operator === "==" || operator === "!=")) {
    const list = any[1]!.split(",").map((item) => item.trim());
    if (!list.every((item) => NUMBER.test(item))) return { lost: `${right} holds more than numbers` };
    const inside = `${value} in [${list.join(", ")}]`;
    return { cel: operator === "==" ? inside : `!(${inside})` };
  }
  return NUMBER.test(right) ? { cel: `${value} ${operator} ${right}` } : { lost: `${right} is no number` };
}

function certificate(daysLeft: string | undefined, operator: string, right: string): Mapped | undefined {
  const hours = /^(\d+)h$/.exec(right)?.[1];
  if (!daysLeft || !hours || !operator.startsWith(">")) return undefined;
  const days = Number(hours) / 24;
  return {
    cel: `${daysLeft} ${operator} ${Number.isInteger(days) && daysLeft === "daysLeft" ? `${days}.0` : days}`,
    approximated: "by probers on Deno alone",
  };
}

/** `[BODY].a.b[0]` as `body.a.b[0]`; "": the whole text. */
function bodyPath(text: string, body = "body"): string | undefined {
  if (text === "[BODY]") return "";
  const context = /^\[CONTEXT\]\.(\w+)$/.exec(text)?.[1];
  if (context) return `captures.${context}`;
  const path = /^\[BODY\]((?:\.?[\w-]+|\[\d+\])+)$/.exec(text)?.[1];
  if (path === undefined) return undefined;
  const steps = path.match(/[\w-]+|\[\d+\]/g)!;
  return steps.reduce(
    (all, step) =>
      step.startsWith("[")
        ? all + step
        : /^[A-Za-z_]\w*$/.test(step)
        ? `${all}.${step}`
        : `${all}[${celText(step)}]`,
    body,
  );
}

function hasPath(
  { inside, operator, right }: { inside: string; operator: string; right: string },
  body: string | undefined,
): Mapped {
  const path = bodyPath(inside, body);
  const wanted = right === "true" ? operator === "==" : operator !== "==";
  if (path === undefined || path === "") return { lost: `has(${inside}) is about no part of the body` };
  const cel = path.endsWith("]")
    ? `${celText(/\['?(.*?)'?\]$/.exec(path)![1]!)} in ${path.replace(/\[[^\]]*\]$/, "")}`
    : `has(${path})`;
  return { cel: wanted ? cel : `!(${cel})` };
}

function texts(value: string, operator: string, right: string): Mapped {
  if (operator !== "==" && operator !== "!=") return { lost: "a text is not more or less than another" };
  const one = (literal: string) => {
    const pattern = /^pat\((.*)\)$/.exec(literal)?.[1];
    if (pattern === undefined) return `${value} == ${celText(literal)}`;
    const parts = pattern.split("*");
    if (parts.length === 1) return `${value} == ${celText(pattern)}`;
    const regex = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
    return `${value}.matches(${celText(`(?s)^${regex}$`)})`;
  };
  const any = /^any\((.*)\)$/.exec(right)?.[1];
  const condition = any === undefined
    ? one(right)
    : any.split(",").map((item) => one(item.trim())).join(" || ");
  return { cel: operator === "==" ? condition : `!(${condition})` };
}

/** Gatus compares texts; ours compares values, so a literal that looks like a number or a bool is one. */
function values(path: string, operator: string, right: string): Mapped {
  if (/^(pat|any)\(/.test(right)) {
    const items = /^any\((.*)\)$/.exec(right)?.[1]?.split(",").map((item) => item.trim());
    if (items?.every((item) => NUMBER.test(item))) return numbers(path, operator, right);
    return texts(path, operator, right);
  }
  if (NUMBER.test(right)) {
    return {
      cel: `${path} ${operator} ${right}`,
      approximated: `"${right}" in quotes passed before, and is no number`,
    };
  }
  if (right === "true" || right === "false") {
    if (operator !== "==" && operator !== "!=") return { lost: "a bool is not more or less than another" };
    return { cel: `${path} ${operator} ${right}`, approximated: `the text "${right}" passed before` };
  }
  if (right === "null") return { cel: `${path} ${operator} null` };
  return texts(path, operator, right.replace(/^(["'])(.*)\1$/, "$2"));
}

/** Those of an endpoint whose step sees `seen`; what came of the others is added to `remarks`. */
export function conditionsOf(endpoint: Taken, seen: Seen, remarks: Remark[]): string[] {
  return (endpoint.take<string[]>("conditions") ?? []).flatMap((condition) => {
    const mapped = gatusCondition(condition, seen);
    if ("lost" in mapped) {
      remarks.push({ kind: "lost", at: condition, text: mapped.lost });
      return [];
    }
    if (mapped.approximated) {
      remarks.push({ kind: "approximated", at: condition, text: mapped.approximated });
    }
    return [mapped.cel];
  });
}
