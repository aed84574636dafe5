import * as z from "../../base/zod.ts";
import { map, optionalField, reference, text } from "./fields.ts";

const certificates = () =>
  text(
    /^\$\{(?:env:[A-Z_][A-Z0-9_]*|file:\/[^}\s]+)\}$|-----BEGIN CERTIFICATE-----/,
    "a certificate: its PEM text, or a reference such as ${env:NAME}",
  );

/** TLS to a target. */
export const tlsGrammar = map({
  ca: optionalField(certificates(), "Certificate authorities to trust beside the system's."),
  cert: optionalField(certificates(), "The client's certificate; key is beside it."),
  key: optionalField(reference(), "Its private key, in PEM."),
  serverName: optionalField(
    text(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i, "a host name"),
    "The name to ask for, and that the certificate must hold, in place of the URL's host.",
  ),
  insecure: optionalField(z.boolean(), "Accept any certificate.", false),
}).check(z.refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
  error: "a pair: cert and key belong together",
}));
