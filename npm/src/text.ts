// The engine as the default entry point has it: a string, in which xtask/src/text.rs wrote its bytes.

/** The bytes: one character each, counted from `#`, behind a `{` from the 88th on and behind a `|` from the 176th. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  let page = -35;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 123 || code === 124) {
      page = (code - 122) * 88 - 35;
    } else {
      // Two characters a string does not like have others in their place.
      bytes[length++] = page + (code === 33 ? 92 : code === 125 ? 60 : code);
      page = -35;
    }
  }
  return bytes.subarray(0, length);
}
