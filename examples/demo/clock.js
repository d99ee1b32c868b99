/**
 * The browser's clock, so that the page can let time pass: as after a laptop's sleep, everything here finds that it is
 * later. The server's clock is moved by the same time, with its own control. Imported before the client is.
 */
const real = Date.now;

/** How far ahead this window's clock is, in milliseconds. */
let offset = 0;

Date.now = () => real.call(Date) + offset;

/** @param {number} ms from the real time; a clock only goes ahead */
export function setAhead(ms) {
  offset = Math.max(offset, ms);
}

/** How far ahead it is, in milliseconds. */
export const ahead = () => offset;
