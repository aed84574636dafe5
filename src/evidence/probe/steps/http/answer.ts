import { isEventStream } from "../../../../base/http/client.ts";
import { eventData } from "./event_stream.ts";
import type { AnswerHeaders, ExchangeTrace } from "../../../../base/ports.ts";
import { DAY_MS } from "../../../../base/time.ts";
import {
  CaselessMap,
  type Facts,
  type HostileAnswer,
  parseJson,
  toMap,
} from "../../../../config/expression/mod.ts";
import { LINE_MEASURED, LineScope } from "../line_scope.ts";

/** One HTTP answer. */
export interface HttpAnswer {
  status: number;
  headers: AnswerHeaders;
  text: string;
  /** The cookies for the next request to the same URL; absent: none. */
  cookies?: Record<string, string>;
  durationMs: number;
  /** The final URL, after `redirects` redirects. */
  url: string;
  redirects: number;
  /** Measurements of its request; absent: none. */
  trace?: ExchangeTrace;
}

/** CEL types of the variables that {@linkcode HttpScope} adds. */
export const HTTP_VARIABLES = {
  status: "int",
  headers: "map<string, string>",
  headerValues: "map<string, list<string>>",
  cookies: "map<string, string>",
  body: "dyn",
  events: "list<dyn>",
  text: "string",
  durationMs: "double",
  url: "string",
  redirects: "int",
};

/** CEL types of variables that need a transport with its own connections. */
export const HTTP_MEASURED = {
  ...LINE_MEASURED,
  firstByteMs: "double",
  protocol: "string",
  certificate: "map<string, dyn>",
} satisfies Partial<Record<keyof ExchangeTrace, string>>;

/** An HTTP answer as CEL values, each computed on first use. */
export class HttpScope extends LineScope {
  readonly #answer: HttpAnswer;
  #events?: unknown[];
  #body?: ReturnType<typeof parseJson>;
  #headerValues?: CaselessMap;
  #headers?: CaselessMap;

  constructor(answer: HttpAnswer, facts: Facts) {
    super(answer.trace ?? {}, facts);
    this.#answer = answer;
  }
  get status() {
    return BigInt(this.#answer.status);
  }
  get text() {
    return this.#answer.text;
  }
  get durationMs() {
    return this.#answer.durationMs;
  }
  get url() {
    return this.#answer.url;
  }
  get redirects() {
    return BigInt(this.#answer.redirects);
  }
  get firstByteMs() {
    return this.measured("firstByteMs");
  }
  get protocol() {
    return this.measured("protocol");
  }
  get certificate() {
    const { notAfter, issuer, names } = this.measured("certificate");
    return { daysLeft: (notAfter - this.now.getTime()) / DAY_MS, issuer, names };
  }
  get headerValues() {
    return this.#headerValues ??= new CaselessMap(Object.entries(gather(this.#answer.headers)));
  }
  get headers() {
    return this.#headers ??= new CaselessMap(
      Object.entries(gather(this.#answer.headers)).map(([name, [first]]) => [name, first]),
    );
  }
  get cookies() {
    return toMap(this.#answer.cookies ?? {});
  }
  /** The data of each event in an event stream, as JSON or text. Empty for any other answer. */
  get events() {
    return this.#events ??= isEventStream(this.#answer.headers)
      ? eventData(this.#answer.text).map((data) => {
        const parsed = parseJson(data);
        return "unmet" in parsed ? data : parsed.value;
      })
      : [];
  }
  /**
   * The JSON body, or the last event of an event stream. Throws `Unmet` with reason `parse` if the text is
   * not JSON.
   */
  get body() {
    if (this.events.length > 0) return this.events.at(-1);
    this.#body ??= parseJson(this.#answer.text);
    if ("unmet" in this.#body) throw this.#body.unmet;
    return this.#body.value;
  }
}

/** Fetch joins repeated headers with ", " itself; only `set-cookie` arrives as several. */
function gather(headers: AnswerHeaders): Record<string, string[]> {
  const gathered: Record<string, string[]> = Object.create(null);
  for (const [name, value] of headers) (gathered[name] ??= []).push(value);
  return gathered;
}

const JSON_TYPE = "application/json";

/** Answers of unhealthy services: name, content type, text; the status is always 200. */
const HOSTILE_TEXTS: [name: string, type: string, text: string][] = [
  ["200 with an empty body", "text/plain", ""],
  ["HTML error page", "text/html", "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"],
  ["{}", JSON_TYPE, "{}"],
  ["null", JSON_TYPE, "null"],
  ["[]", JSON_TYPE, "[]"],
  ["truncated JSON", JSON_TYPE, '{"id":"a1","state":'],
];

/** Answers of unhealthy services. */
export const HOSTILE_HTTP: readonly HostileAnswer[] = HOSTILE_TEXTS.map(([name, type, text]) => ({
  name,
  scope: (facts) =>
    new HttpScope(
      {
        status: 200,
        headers: new Headers({ "content-type": type }),
        text,
        durationMs: 1,
        url: "https://hostile.example/",
        redirects: 0,
      },
      facts,
    ),
}));
