// Is the office there, and who carries the queue to it? One loop: asks, sends what waits, and asks again.

import { Later, ask } from "./api.js";
import * as queue from "./queue.js";
import { deviceKey } from "./vault.js";

const CALM = 30_000; // milliseconds between two looks while all is well
const FIRST = 2_000; // milliseconds; doubles with every failure, and half of it is chance
const LONGEST = 60_000;

export class Line extends EventTarget {
  state = "asking"; // asking | online | offline | locked | setup
  since = Date.now();
  #failures = 0;
  #timer;
  #running;

  start() {
    addEventListener("online", () => this.look());
    addEventListener("offline", () => this.#become("offline"));
    return this.look();
  }

  // Look now; a second caller gets the look that is under way and, since it may be too late for what
  // the caller has just added, one more after it.
  async look() {
    if (this.#running) await this.#running;
    this.#running ??= this.#lookOnce().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #lookOnce() {
    clearTimeout(this.#timer);
    const wish = await this.#carry();
    this.dispatchEvent(new Event("change"));
    this.#timer = setTimeout(() => this.look(), this.state === "offline" ? this.#pause(wish) : CALM);
  }

  async #carry() {
    try {
      if (!(await deviceKey())) return this.#become("setup");
      const known = await queue.send();
      const answer = known && (await ask("GET", "device"));
      this.#become(known && answer.status === 200 ? "online" : "locked");
    } catch (error) {
      if (!(error instanceof Later)) throw error;
      this.#failures += 1;
      this.#become("offline");
      return error.seconds;
    }
    this.#failures = 0;
    return 0;
  }

  #pause(wish) {
    const longest = Math.min(LONGEST, FIRST * 2 ** Math.min(this.#failures, 10));
    return Math.max(wish * 1000, longest / 2 + (Math.random() * longest) / 2);
  }

  #become(state) {
    if (state !== this.state) {
      this.state = state;
      this.since = Date.now();
    }
    this.dispatchEvent(new Event("change"));
    return 0;
  }
}
