/** Signatures of Standard Webhooks 1.0.0, scheme `v1`: HMAC-SHA256 over `id.timestamp.body`. */
import { hmacSha256 } from "../../../base/hmac.ts";

const SECRET_FORMAT = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** A webhook secret is not in the format of Standard Webhooks. The message never contains the secret. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

/** The three webhook headers of one attempt, with one signature per secret (several during a rotation). */
export async function signatureHeaders(
  id: string,
  timestampMs: number,
  body: string,
  secrets: readonly string[],
): Promise<Record<string, string>> {
  if (secrets.length === 0) throw new SecretError("a webhook needs a secret to sign with");
  const timestamp = String(Math.floor(timestampMs / 1000));
  const signatures = await Promise.all(secrets.map((secret) => sign(`${id}.${timestamp}.${body}`, secret)));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

const sign = async (text: string, secret: string): Promise<string> =>
  `v1,${btoa(String.fromCharCode(...await hmacSha256(keyOf(secret), text)))}`;

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeBase64(SECRET_FORMAT.exec(secret)?.[1]);
  if (bytes && bytes.length >= 24 && bytes.length <= 64) return bytes;
  throw new SecretError("a webhook secret must be whsec_ and the base64 of 24 to 64 bytes");
}

function decodeBase64(base64: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  try {
    return base64 === undefined ? undefined : Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
