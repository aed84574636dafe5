import * as z from "../../base/zod.ts";
import { map, optionalField, reference, text } from "./fields.ts";

const certificates = () =>
  text(
    /^\$\{(?:env:[A-Z_][A-Z0-9_]*|file:\/[^}\s]+)\}$|-----BEGIN CERTIFICATE-----/,
    "a certificate: its PEM text, or a reference such as ${env:NAME}",
  );

/** TLS settings of a target. */
export const tlsGrammar = map({
  ca: optionalField(certificates(), "Certificate authorities to trust in addition to the system's."),
  cert: optionalField(certificates(), "The client certificate; needs key."),
  key: optionalField(reference(), "Its private key, in PEM."),
  serverName: optionalField(
    text(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i, "a host name"),
    "Instead of the URL's host: SNI, and the name that the certificate must contain.",
  ),
  insecure: optionalField(z.boolean(), "Accept any certificate.", false),
}).check(z.refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
  error: "a pair: cert and key belong together",
}));
