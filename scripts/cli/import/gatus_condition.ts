/** Converts Gatus conditions to CEL (see Gatus's config/endpoint/condition.go and placeholder.go). */
import { celText, type Remark, type Taken } from "./draft.ts";

/** The converted condition, or why it was lost. */
export type Mapped = { cel: string; approximated?: string } | { lost: string };

/** The CEL for each Gatus placeholder that a kind of step supports; absent: not supported. */
interface Seen {
  status?: string;
  connected: string;
  daysLeft?: string;
  rcode?: string;
  /** The whole response. */
  text?: string;
  /** The response may be JSON. */
  isParsed?: true;
  /** Replaces `body` in paths. */
  body?: string;
  /** DNS records, any of which may match. */
  records?: "plain" | "named" | "MX";
}

const http: Seen = {
  status: "status",
  connected: "status > 0",
  daysLeft: "certificate.daysLeft",
  text: "text",
  isParsed: true,
};

/** Placeholders by kind of step. */
export const SEEN = {
  http,
  tcp: { connected: "connected", text: "text" },
  tls: { connected: "version != ''", daysLeft: "daysLeft" },
  websocket: { connected: "size(messages) > 0", text: "text", isParsed: true },
  grpc: { connected: "status == 'OK'", isParsed: true, body: "message" },
  dns: { connected: "rcode != ''", rcode: "rcode", records: "plain" },
} satisfies Record<string, Seen>;

const OPERATORS = [" == ", " != ", " <= ", " >= ", " > ", " < "];

/** Converts one condition, such as `[BODY].status == UP`. */
export function gatusCondition(source: string, seen: Seen = http): Mapped {
  const operator = OPERATORS.find((operator) => source.includes(operator));
  if (!operator) return { lost: `it has no operator: ${source}` };
  const at = source.indexOf(operator);
  const [left, right] = [source.slice(0, at).trim(), source.slice(at + operator.length).trim()];
  return compare({ left, operator: operator.trim(), right }, seen);
}

function compare(
  { left, operator, right }: { left: string; operator: string; right: string },
  seen: Seen,
): Mapped {
  const hundreds = /^pat\(([1-5])\*\*?\)$/.exec(right)?.[1];
  const unseen = { lost: `a step of this kind has no ${left}` };
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
      : { lost: "a step without a response always fails" };
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
  if (path === undefined) return { lost: `a journey has no value for ${left}` };
  if (path === "" ? text === undefined : !isParsed) return undefined;
  if (length) return numbers(path === "" ? "size(text)" : `size(${path})`, operator, right);
  if (path === "") return texts("text", operator, right);
  return values(path, operator, right);
}

/** Gatus sees only the last record, without an MX preference, and names with a trailing dot. */
function anyRecord(kind: "plain" | "named" | "MX", operator: string, right: string): Mapped {
  const bare = kind === "plain" ? right : right.replace(/\.(?=[,)]|$)/g, "");
  const wanted = kind === "MX" ? withAnyPreference(bare) : bare;
  const mapped = texts("r", "==", wanted);
  if (!("cel" in mapped) || (operator !== "==" && operator !== "!=")) {
    return { lost: "records can only be compared by == and !=" };
  }
  const cel = `records.exists(r, ${mapped.cel})`;
  return {
    cel: operator === "==" ? cel : `!${cel}`,
    approximated: "any record may match; Gatus looks only at the last one",
  };
}

function withAnyPreference(right: string): string {
  const [, head, inside = right] = /^(any|pat)\((.*)\)$/.exec(right) ?? [];
  if (head === "any") {
    return `any(${inside.split(",").map((one) => withAnyPreference(one.trim())).join(",")})`;
  }
  return `pat(* ${inside})`;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function numbers(value: string, operator: string, right: string): Mapped {
  const any = /^any\((.+)\)$/.exec(right);
  if (any && (operator === "==" || operator === "!=")) {
    const list = any[1]!.split(",").map((item) => item.trim());
    if (!list.every((item) => NUMBER.test(item))) return { lost: `${right} is not only numbers` };
    const inside = `${value} in [${list.join(", ")}]`;
    return { cel: operator === "==" ? inside : `!(${inside})` };
  }
  return NUMBER.test(right) ? { cel: `${value} ${operator} ${right}` } : { lost: `${right} is not a number` };
}

function certificate(daysLeft: string | undefined, operator: string, right: string): Mapped | undefined {
  const hours = /^(\d+)h$/.exec(right)?.[1];
  if (!daysLeft || !hours || !operator.startsWith(">")) return undefined;
  const days = Number(hours) / 24;
  return {
    cel: `${daysLeft} ${operator} ${Number.isInteger(days) && daysLeft === "daysLeft" ? `${days}.0` : days}`,
    approximated: "only probers on Deno can check it",
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
  if (path === undefined || path === "") return { lost: `has(${inside}) does not name a part of the body` };
  const cel = path.endsWith("]")
    ? `${celText(/\['?(.*?)'?\]$/.exec(path)![1]!)} in ${path.replace(/\[[^\]]*\]$/, "")}`
    : `has(${path})`;
  return { cel: wanted ? cel : `!(${cel})` };
}

function texts(value: string, operator: string, right: string): Mapped {
  if (operator !== "==" && operator !== "!=") return { lost: "texts can only be compared by == and !=" };
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

/** Gatus compares texts, CEL compares values: a literal that looks like a number or a bool becomes one. */
function values(path: string, operator: string, right: string): Mapped {
  if (/^(pat|any)\(/.test(right)) {
    const items = /^any\((.*)\)$/.exec(right)?.[1]?.split(",").map((item) => item.trim());
    if (items?.every((item) => NUMBER.test(item))) return numbers(path, operator, right);
    return texts(path, operator, right);
  }
  if (NUMBER.test(right)) {
    return {
      cel: `${path} ${operator} ${right}`,
      approximated: `a number; Gatus also accepts the text "${right}"`,
    };
  }
  if (right === "true" || right === "false") {
    if (operator !== "==" && operator !== "!=") return { lost: "bools can only be compared by == and !=" };
    return {
      cel: `${path} ${operator} ${right}`,
      approximated: `a bool; Gatus also accepts the text "${right}"`,
    };
  }
  if (right === "null") return { cel: `${path} ${operator} null` };
  return texts(path, operator, right.replace(/^(["'])(.*)\1$/, "$2"));
}

/** The converted conditions of an endpoint. Adds lost and approximated ones to `remarks`. */
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
