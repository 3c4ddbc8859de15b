// What has been asked for and not yet answered? Written down before it is sent, sent in the order made,
// under a key minted once, until the office has answered; then only what names nobody is kept.

import { Later, ask } from "./api.js";
import { erase, readAll, sealed, unsealed, write } from "./vault.js";

const LOCK = "ektp-kiosk-queue"; // of all tabs of this device, one sends
const KEPT = 10; // entries that are done and still shown
const FOREVER_LOCKED = [401, 403]; // the device is not known: nothing is wrong with the request

const answers = new Map(); // number -> answer, for the screen that waits for it; never written down

export async function add({ kind, path, body }) {
  const entry = {
    key: crypto.randomUUID(),
    mark: String(crypto.getRandomValues(new Uint16Array(1))[0] % 10_000).padStart(4, "0"),
    kind,
    path,
    at: Date.now(),
    state: "waiting",
    payload: await sealed(body),
  };
  entry.n = await write("queue", entry);
  return entry;
}

export async function list() {
  return readAll("queue");
}

export const waiting = async () => (await list()).filter((entry) => entry.state === "waiting");

// Throws Later when the line is down; returns whether the office still knows this device.
export function send() {
  return navigator.locks.request(LOCK, async () => {
    for (const entry of await waiting()) {
      const answer = await ask("POST", entry.path, {
        body: await unsealed(entry.payload),
        idempotencyKey: entry.key,
      });
      if (FOREVER_LOCKED.includes(answer.status)) return false;
      await finish(entry, answer);
    }
    return true;
  });
}

async function finish(entry, answer) {
  answers.set(entry.n, answer);
  const state = answer.status < 300 ? "sent" : "refused";
  await write("queue", { ...entry, payload: null, key: null, state, done: Date.now() });
  const done = (await list()).filter((one) => one.state !== "waiting");
  for (const old of done.slice(0, -KEPT)) await erase("queue", old.n);
}

// A resident who is told "please correct" makes a new request; the refused one is nobody's any more.
export const forget = (entry) => erase("queue", entry.n);

export function takeAnswer(entry) {
  const answer = answers.get(entry.n);
  answers.delete(entry.n);
  return answer;
}

export const forgetAnswers = () => answers.clear();

export { Later };
