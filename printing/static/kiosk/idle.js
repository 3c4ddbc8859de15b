// Has the resident gone? After 30 seconds without a touch or a key, everything goes; the last 20 are announced.

const ANNOUNCE = 10_000; // milliseconds
const LEAVE = 30_000;
const SIGNS = ["pointerdown", "keydown", "input", "wheel", "touchmove"];

export function watchIdleness({ notice, isEmpty, leave }) {
  let announcing, leaving;
  const again = () => {
    clearTimeout(announcing);
    clearTimeout(leaving);
    notice.hidden = true;
    announcing = setTimeout(() => {
      notice.hidden = isEmpty();
    }, ANNOUNCE);
    leaving = setTimeout(() => {
      notice.hidden = true;
      leave();
    }, LEAVE);
  };
  for (const sign of SIGNS) addEventListener(sign, again, { capture: true, passive: true });
  again();
  return again;
}
