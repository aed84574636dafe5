import { AwsV4Signer } from "aws4fetch";
import type { AwsAccess } from "../../config/config.ts";
import type { Vault } from "../../base/ports.ts";
import { iso } from "../../base/time.ts";
import type { Asking } from "./report.ts";

/**
 * The headers of a request signed with AWS Signature Version 4 as of `at` (epoch ms): `authorization`, `x-amz-date` and, with temporary
 * keys, `x-amz-security-token`. Throws if a key is not set. Only what is in `asking` is signed: headers that are added later change nothing.
 */
export async function signed(
  { method, headers, body, service }: Asking & { service: string },
  { url, access, vault, at }: { url: URL; access: AwsAccess; vault: Vault; at: number },
): Promise<Record<string, string>> {
  const { region, accessKeyId, secretAccessKey, sessionToken } = access;
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers,
    body,
    service,
    region,
    accessKeyId: vault.reveal(accessKeyId),
    secretAccessKey: vault.reveal(secretAccessKey),
    sessionToken: sessionToken && vault.reveal(sessionToken),
    datetime: iso(at).replace(/[:-]|\.\d{3}/g, ""),
  });
  return Object.fromEntries((await signer.sign()).headers);
}
