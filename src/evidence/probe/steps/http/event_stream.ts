/**
 * The `data` of each event in a stream of server-sent events (HTML standard, section 9.2.6); one that is not
 * closed by an empty line is none.
 */
export function eventData(text: string): string[] {
  const blocks = text.replaceAll(/\r\n?/g, "\n").split(/\n\n+/).slice(0, -1);
  return blocks.flatMap((block) => {
    const lines = block.split("\n").filter((line) => /^data(:|$)/.test(line));
    return lines.length > 0 ? [lines.map((line) => line.replace(/^data:? ?/, "")).join("\n")] : [];
  });
}
