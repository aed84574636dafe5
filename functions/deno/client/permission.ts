import { addressRefusal } from "../../../src/base/http/guard.ts";

/** Says why the guard, or a permission that this process lacks (`--deny-net`), keeps an address closed; null: it is open. */
export function closedReason(address: string, port: number, allowPrivate: boolean): string | null {
  const reason = addressRefusal(address, allowPrivate);
  if (reason !== null) return reason;
  const host = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return null;
  return `Cannot ask ${address}: this process has no permission to (--deny-net)`;
}
