// Did somebody hold a receipt under the hand scanner? It types like a keyboard, only faster, and ends with Enter.

const PAUSE = 100; // milliseconds; no hand types so evenly, and every scanner does

export function listenForScanner({ isWanted, accept, then }) {
  let typed = "";
  let last = 0;
  addEventListener("keydown", (event) => {
    if (!isWanted()) {
      typed = "";
      return;
    }
    if (event.timeStamp - last > PAUSE) typed = "";
    last = event.timeStamp;
    if (event.key === "Enter") {
      const accepted = accept(typed);
      typed = "";
      if (!accepted) return;
      event.preventDefault();
      then(accepted);
    } else if (event.key.length === 1) typed += event.key;
  });
}
