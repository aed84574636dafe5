/** The least that a server of Deno's can be, beside the one that is measured. Prints its port. */
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, () => new Response("hello"));
