/**
 * A target that answers after `latencyMs` on every loopback address. With `faults`, a tenth of the addresses
 * fails every tenth minute. Prints its port.
 */
const [latencyMs = "0", faults] = Deno.args;
const isFailing = (url: string) =>
  faults !== undefined && Math.floor(Date.now() / 60_000) % 10 === 9 && /^http:\/\/[\d.]*7:/.test(url);
const answer = JSON.stringify({ id: "ord_17", state: "accepted" });
const headers = { "content-type": "application/json" };

Deno.serve({
  hostname: "0.0.0.0",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, async ({ url }) => {
  await new Promise((resolve) => setTimeout(resolve, Number(latencyMs)));
  if (isFailing(url)) return new Response("failing", { status: 503 });
  return url.endsWith("/readyz") ? new Response("ok") : new Response(answer, { headers });
});
