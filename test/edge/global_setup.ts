/** Opens the loopback shop for the tests that run in workerd. */
import { SHOP_PORT } from "./ports.ts";
import { openShop } from "./shop_server.ts";

export default async function setup(): Promise<() => Promise<void>> {
  const { close } = await openShop(SHOP_PORT);
  return close;
}
