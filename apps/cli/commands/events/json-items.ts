/** Where a splitter stands in the text: how deep, and whether inside a string or behind its `\`. */
interface Place {
  depth: number;
  inText: boolean;
  escaped: boolean;
}

/**
 * The texts of the items of a JSON array (or of one object, or of several one after the other),
 * without reading the whole array: an item is what opens and closes at the same brace.
 */
export async function* jsonItems(text: AsyncIterable<unknown>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const place: Place = { depth: 0, inText: false, escaped: false };
  let item = "";
  for await (const piece of text) {
    if (!(piece instanceof Uint8Array)) continue;
    const characters = decoder.decode(piece, { stream: true });
    let start = place.depth > 0 ? 0 : -1;
    for (let at = 0; at < characters.length; at++) {
      const before = place.depth;
      step(place, characters.charCodeAt(at));
      if (before === 0 && place.depth === 1) start = at;
      if (before !== 1 || place.depth !== 0) continue;
      yield item + characters.slice(start, at + 1);
      item = "";
      start = -1;
    }
    if (start >= 0) item += characters.slice(start);
  }
  // What was never closed is told as an item, so that it is counted as unreadable.
  if (item !== "") yield item;
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x7b, 0x7d];

function step(place: Place, code: number): void {
  if (place.inText) {
    if (place.escaped) place.escaped = false;
    else if (code === BACKSLASH) place.escaped = true;
    else if (code === QUOTE) place.inText = false;
    return;
  }
  if (code === QUOTE && place.depth > 0) place.inText = true;
  else if (code === OPEN) place.depth += 1;
  else if (code === CLOSE && place.depth > 0) place.depth -= 1;
}
