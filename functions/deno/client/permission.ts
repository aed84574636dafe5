import { addressRefusal } from "../../../src/base/http/guard.ts";

/** Why an address is closed, by the guard or a missing permission (`--deny-net`); null: it is open. */
export function closedReason(address: string, port: number, allowPrivate: boolean): string | null {
  const reason = addressRefusal(address, allowPrivate);
  if (reason !== null) return reason;
  const host = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return null;
  return `Cannot ask ${address}: this process lacks the permission (--deny-net)`;
}
