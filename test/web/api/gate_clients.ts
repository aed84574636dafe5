/** Deployment tools as far as they read a gate: what they send, and what they make of the answer. Each by its own rules. */
/** How a request reaches the API. */
export type Send = (request: Request) => Promise<Response>;

/** What a tool saw, and what it does about it. */
export interface ToolResult {
  status: number;
  /** The tool's own word for it. */
  does: string;
  body: string;
}

/** One tool: sends what it sends to the gate `name` with `token`. */
export type Tool = (send: Send, gate: string, token: string) => Promise<ToolResult>;

const HOST = "https://assay.example";

/**
 * JSONPath as Kubernetes' client-go evaluates what a web metric uses of it: `{$}` and `{$.a.b}`. A key that is not there
 * is an error; only the first match counts.
 */
export function jsonPath(path: string, json: unknown): unknown {
  const [, keys] = /^\{\$((?:\.[A-Za-z_]\w*)*)\}$/.exec(path) ?? [];
  if (keys === undefined) throw new Error(`unrecognized path ${path}`);
  return keys.split(".").slice(1).reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !(key in value)) {
      throw new Error(`${key} is not found`);
    }
    return (value as Record<string, unknown>)[key];
  }, json);
}

/** Argo Rollouts' web metric: 2xx or Error; a body that is no JSON is a string; success, failure, or else Inconclusive. */
const argo = (
  query: string,
  path: string,
  success: (result: unknown) => boolean,
  failure: (result: unknown) => boolean,
): Tool =>
async (send, gate, token) => {
  const url = `${HOST}/v1/gates/${gate}?${query}`;
  const answer = await send(new Request(url, { headers: { authorization: `Bearer ${token}` } }));
  const body = await answer.text();
  const act = (does: string) => ({ status: answer.status, does, body });
  if (!answer.ok) return act("Error");
  try {
    const result = answer.headers.get("content-type")!.includes("json")
      ? jsonPath(path, JSON.parse(body))
      : body;
    return act(success(result) ? "Successful" : failure(result) ? "Failed" : "Inconclusive");
  } catch {
    return act("Error");
  }
};

const field = (result: unknown, name: string) => (result as Record<string, unknown>)[name];

const CANARY = { name: "checkout", namespace: "prod", phase: "Progressing", checksum: "85d557f47b" };
const RETRIES = 2;

/** hashicorp/go-retryablehttp's DefaultRetryPolicy: 429, and 5xx but 501. */
const shouldRetry = (status: number) => status === 429 || status === 0 || (status >= 500 && status !== 501);

/** Flagger's webhook: POST, retried `retries` times by that policy; then 200 to 202 is the only success. A body is lost with the retries. */
async function flagger(
  send: Send,
  url: string,
  metadata: Record<string, string> = {},
): Promise<ToolResult & { go: boolean }> {
  const request = () =>
    new Request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...CANARY, metadata }),
      redirect: "manual",
    });
  let answer = await send(request());
  for (let retry = 0; retry < RETRIES && shouldRetry(answer.status); retry++) answer = await send(request());
  const { status } = answer;
  if (shouldRetry(status)) return { status, go: false, does: "giving up", body: "" };
  return { status, go: [200, 201, 202].includes(status), does: "", body: await answer.text() };
}

const confirm: Tool = async (send, gate, token) => {
  const { go, ...act } = await flagger(send, `${HOST}/v1/gates/${gate}/k/${token}`);
  return { ...act, does: act.does || (go ? "go" : "halt") };
};

/** A webhook of type `rollback`: here success means that the canary is rolled back. */
const rollback: Tool = async (send, gate, token) => {
  const { go, ...act } = await flagger(send, `${HOST}/v1/gates/${gate}/rollback`, { token });
  return { ...act, does: act.does || (go ? "roll back" : "leave it") };
};

/** A load balancer's or Route 53's check: 200 to 399 is healthy; with a search text only if that stands in the first 5,120 bytes. */
const prober = (text?: string): Tool => async (send, gate, token) => {
  const answer = await send(
    new Request(`${HOST}/v1/gates/${gate}/k/${token}?since=3m`, { redirect: "manual" }),
  );
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const body = new TextDecoder().decode(bytes);
  const found = text === undefined || new TextDecoder().decode(bytes.subarray(0, 5_120)).includes(text);
  const healthy = answer.status >= 200 && answer.status < 400 && found;
  return { status: answer.status, does: healthy ? "healthy" : "unhealthy", body };
};

/** HAProxy `http-check expect rstatus ^(200|424|429|5..)$`: only a confirmed failure, or no gate at all, takes a server out. */
const haproxy: Tool = async (send, gate, token) => {
  const answer = await send(new Request(`${HOST}/v1/gates/${gate}/k/${token}?since=3m`));
  return {
    status: answer.status,
    does: /^(200|424|429|5..)$/.test(String(answer.status)) ? "UP" : "DOWN",
    body: await answer.text(),
  };
};

/** `curl --fail`: exit 22 from 400 on. The user stands in the URL. */
const curl: Tool = async (send, gate, token) => {
  const headers = { authorization: `Basic ${btoa(`gate:${token}`)}` };
  const answer = await send(new Request(`${HOST}/v1/gates/${gate}`, { headers }));
  return { status: answer.status, does: `exit ${answer.status >= 400 ? 22 : 0}`, body: await answer.text() };
};

/** Azure's InvokeRESTAPI, Spinnaker's webhook stage: a word of `status`. */
const status: Tool = async (send, gate, token) => {
  const url = `${HOST}/v1/gates/${gate}?mode=body`;
  const answer = await send(new Request(url, { headers: { authorization: `Bearer ${token}` } }));
  const body = await answer.text();
  return {
    status: answer.status,
    does: answer.ok ? String(jsonPath("{$.status}", JSON.parse(body))) : "error",
    body,
  };
};

/** Every tool by name. */
export const TOOLS: Record<string, Tool> = {
  "Argo Rollouts, whole body": argo(
    "mode=body",
    "{$}",
    (result) => field(result, "decision") === "pass",
    (result) => field(result, "decision") === "fail",
  ),
  "Argo Rollouts, one key": argo(
    "mode=body",
    "{$.decision}",
    (result) => result === "pass",
    (result) => result === "fail",
  ),
  "Argo Rollouts, text": argo(
    "mode=body&format=text",
    "",
    (result) => result === "pass",
    (result) => result === "fail",
  ),
  "Flagger confirm-rollout": confirm,
  "Flagger rollback": rollback,
  "Route 53": prober(),
  "Route 53 with a search text": prober('"gateOk":true'),
  "HAProxy": haproxy,
  "curl -f": curl,
  "Azure and Spinnaker": status,
};
