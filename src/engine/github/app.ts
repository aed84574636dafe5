/** GitHub's API as a GitHub App: answers protection rules and sets commit statuses. */
import type { GitHubHook } from "../../config/hooks.ts";
import { exchange, USER_AGENT } from "../../base/http/client.ts";
import type { Ports } from "../../base/ports.ts";
// @ts-types="../../base/std.d.ts"
import { encodeBase64Url } from "@std/encoding/base64url";

const CAP_BYTES = 64 * 1024;
const DEADLINE_MS = 10_000;
/** GitHub accepts at most ten minutes. */
const JWT_S = 540;
const SKEW_S = 60;

/** The result of a request; `status` 0: no answer. `detail` holds no secrets. */
export interface PostResult {
  ok: boolean;
  status: number;
  detail?: string;
}

/** A client for one installation of the app. */
export interface GitHub {
  post(url: URL, body: unknown): Promise<PostResult>;
}

/**
 * Gets a token for one installation (valid for about an hour). Rejects if the key is invalid or GitHub
 * returns no token.
 */
export async function installationClient(ports: Ports, hook: GitHubHook, id: number): Promise<GitHub> {
  const { app } = hook;
  if (!app) throw new Error("hooks.github.app is not set");
  const jwt = await appToken(app.id, ports.secrets.reveal(app.key), ports.clock.now());
  const url = new URL(`${hook.api}/app/installations/${id}/access_tokens`);
  const got = await send(ports, url, jwt, undefined);
  const token = got.json && typeof got.json === "object" && "token" in got.json ? got.json.token : undefined;
  if (typeof token !== "string") {
    throw new Error(`GitHub returned no token for installation ${id}: ${got.status} ${got.detail ?? ""}`);
  }
  return {
    async post(url, body) {
      const { ok, status, detail } = await send(ports, url, token, body);
      return { ok, status, detail };
    },
  };
}

async function send(
  ports: Ports,
  url: URL,
  token: string,
  body: unknown,
): Promise<PostResult & { json?: unknown }> {
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "user-agent": USER_AGENT,
    "x-github-api-version": "2022-11-28",
  };
  const request = { url, method: "POST", headers, body: JSON.stringify(body ?? {}) };
  const got = await exchange(ports, request, { deadlineMs: DEADLINE_MS, capBytes: CAP_BYTES });
  if (got.kind === "failure") {
    return { ok: false, status: 0, detail: ports.secrets.redact(got.detail).replaceAll(token, "***") };
  }
  const ok = got.status >= 200 && got.status < 300;
  return { ok, status: got.status, json: ok ? jsonOf(got.bytes) : undefined };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A JWT (RFC 7519) of the app, RS256. Throws an Error that does not contain the key. */
export async function appToken(id: string, pem: string, nowMs: number): Promise<string> {
  const nowS = Math.floor(nowMs / 1_000);
  const parts = [{ alg: "RS256", typ: "JWT" }, { iss: id, iat: nowS - SKEW_S, exp: nowS + JWT_S }];
  const text = parts.map((part) => encodeBase64Url(new TextEncoder().encode(JSON.stringify(part)))).join(".");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", pkcs8Of(pem), algorithm, false, ["sign"])
    .catch(() => {
      throw new Error("hooks.github.app.key is not an RSA private key in PEM");
    });
  const signature = await crypto.subtle.sign(algorithm.name, key, new TextEncoder().encode(text));
  return `${text}.${encodeBase64Url(signature)}`;
}

/** Wraps GitHub's PKCS #1 key as PKCS #8 (RFC 5208), which WebCrypto requires. */
function pkcs8Of(pem: string): Uint8Array<ArrayBuffer> {
  const [, label, base64] = /-----BEGIN (RSA )?PRIVATE KEY-----([A-Za-z0-9+/=\s\\]+)-----END/.exec(pem) ?? [];
  if (!base64) throw new Error("hooks.github.app.key is not an RSA private key in PEM");
  // An environment variable may contain line ends as literal \n.
  const der = Uint8Array.from(atob(base64.replace(/\\n|\s/g, "")), (char) => char.charCodeAt(0));
  if (!label) return der;
  return encodeDer(0x30, Uint8Array.of(...VERSION, ...RSA, ...encodeDer(0x04, der)));
}

/** INTEGER 0, and SEQUENCE { OID 1.2.840.113549.1.1.1 (rsaEncryption), NULL }. */
const VERSION = [0x02, 0x01, 0x00];
const RSA = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/** One DER value of up to 64 KiB (X.690 section 8.1). */
function encodeDer(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(tag, ...size, ...content);
}
