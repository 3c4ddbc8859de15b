// Does everybody in front of this machine know what has reached the office and what has not?

import * as queue from "./queue.js";
import { moment, say } from "./words.js";

const place = document.getElementById("line");
const box = document.getElementById("waiting");

export async function showLine(line) {
  place.dataset.state = line.state;
  if (line.state !== "asking") place.textContent = say(line.state, { time: moment(line.since) });
  const entries = await queue.list();
  const count = entries.filter((entry) => entry.state === "waiting").length;
  box.hidden = entries.length === 0;
  box.dataset.count = count;
  document.getElementById("waiting-count").textContent = say(count ? "waiting" : "none-waiting", { count });
  document.getElementById("waiting-list").replaceChildren(...entries.map(written));
}

// When, what kind, and a mark that the resident was shown; nothing about whom.
function written({ at, kind, mark, state, done }) {
  const item = document.createElement("li");
  item.dataset.state = state;
  item.textContent = say(`entry-${state}`, {
    time: moment(at),
    kind: say(`kind-${kind}`),
    mark,
    done: done && moment(done),
  });
  return item;
}
