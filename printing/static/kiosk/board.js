// What does the hall see, and from when is it? The board asks every few seconds and never shows an old
// number as a new one.

import { install } from "./install.js";
import { read, write } from "./vault.js";
import { moment, number, say, weekday, date } from "./words.js";

const BOARD = "/api/v1/board";
const EVERY = 10_000; // milliseconds; the office lets an answer live that long
const PATIENCE = 8_000; // milliseconds for one answer
const began = Date.now();
const place = (id) => document.getElementById(id);

function show({ body }) {
  for (const one of document.querySelectorAll("[data-number]")) one.textContent = number(body[one.dataset.number]);
  place("gate").textContent = body.gate.reason;
  const held = Object.entries(body.held).filter(([, count]) => count > 0);
  const lines = held.map(([name, count]) => `${say(`hold-${name}`) || name}: ${number(count)}`);
  place("held").textContent = lines.join(" · ") || say("nobody");
  place("shift").textContent = shift(body);
  place("centre").textContent = body.last_heard_from_centre ? moment(body.last_heard_from_centre) : say("silent");
}

function shift({ shift_open_until: until, next_opening: next }) {
  if (until) return say("open", { time: moment(until) });
  return next ? say("next", { time: weekday(next) }) : say("closed");
}

function become(state, at) {
  document.body.dataset.state = state;
  const word = state === "online" ? "fresh" : at ? "stale" : "never";
  place("line").textContent = say(word, { time: moment(at ?? began) });
}

// What the office says now; null when it says nothing.
async function asked() {
  try {
    const answer = await fetch(BOARD, { signal: AbortSignal.timeout(PATIENCE), cache: "no-cache", credentials: "omit" });
    return answer.ok ? { body: await answer.json(), at: Date.now() } : null;
  } catch {
    return null; // whatever the line did, the hall is told that it is down
  }
}

async function look() {
  const fresh = await asked();
  if (fresh) await write("facts", fresh, "board");
  const seen = fresh ?? (await read("facts", "board"));
  if (seen) show(seen);
  become(fresh ? "online" : "offline", seen?.at);
  setTimeout(look, EVERY);
}

function tick() {
  place("clock").textContent = `${date(Date.now())}, ${moment(Date.now())}`;
  setTimeout(tick, 1000);
}

tick();
await look();
await install({ quiet: () => true });
document.documentElement.dataset.ready = "yes";
