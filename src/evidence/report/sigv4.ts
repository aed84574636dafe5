import { AwsV4Signer } from "aws4fetch";
import type { AwsAccess } from "../../config/config.ts";
import type { Secrets } from "../../base/ports.ts";
import { iso } from "../../base/time.ts";
import type { RequestSpec } from "./report.ts";

/**
 * The headers of a request signed with AWS Signature Version 4 as of `at` (epoch ms): `authorization`,
 * `x-amz-date` and, with temporary keys, `x-amz-security-token`. Throws if a key is not set. Headers that are
 * added later are not signed, and do not affect the signature.
 */
export async function signRequest(
  { method, headers, body, service }: RequestSpec & { service: string },
  { url, access, secrets, at }: { url: URL; access: AwsAccess; secrets: Secrets; at: number },
): Promise<Record<string, string>> {
  const { region, accessKeyId, secretAccessKey, sessionToken } = access;
  const signer = new AwsV4Signer({
    method,
    url: url.href,
    headers,
    body,
    service,
    region,
    accessKeyId: secrets.reveal(accessKeyId),
    secretAccessKey: secrets.reveal(secretAccessKey),
    sessionToken: sessionToken && secrets.reveal(sessionToken),
    datetime: iso(at).replace(/[:-]|\.\d{3}/g, ""),
  });
  return Object.fromEntries((await signer.sign()).headers);
}
