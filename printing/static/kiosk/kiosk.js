// What does a resident want, and what do we answer? Every screen's one action, and what follows it.

import { Later, ask } from "./api.js";
import { canScan, scan } from "./camera.js";
import { complain, parseReceipt, shape, values } from "./fields.js";
import { watchIdleness } from "./idle.js";
import { install } from "./install.js";
import { attach } from "./keypad.js";
import { Line } from "./line.js";
import * as queue from "./queue.js";
import * as stage from "./stage.js";
import { listenForScanner } from "./scanner.js";
import { showLine } from "./footer.js";
import { keepDeviceKey } from "./vault.js";
import { moment, number, say } from "./words.js";

const PATIENCE = 12_000; // milliseconds a resident waits for a request to arrive before being told it is queued

const line = new Line();
let purpose = "status"; // of the search: what to do with whoever is found
let target = null; // the receipt or the three numbers that were just given; gone with the screen
let again = () => start(); // what "try again" does

// --- Screens ---------------------------------------------------------------------------------

function start() {
  target = null;
  again = start;
  queue.forgetAnswers();
  stage.show(line.state === "setup" ? "setup" : "start");
}

function go({ go: name, purpose: wanted, reason }) {
  if (name === "start") return start();
  if (name === "find") return find(wanted);
  if (name === "reprint") return stage.show(`reprint-${reason}`);
  return stage.show(name);
}

async function find(wanted) {
  purpose = wanted;
  target = null;
  stage.show("find");
  const button = stage.action("scan");
  button.hidden = !(await canScan());
}

async function scanWithCamera() {
  const signal = stage.signal();
  const [hint, refused] = ["aim", "no-camera"].map(stage.slot);
  stage.action("scan").hidden = true;
  hint.hidden = false;
  try {
    const receipt = await scan(stage.slot("camera"), { accept: parseReceipt, signal });
    if (receipt && !signal.aborted) found({ receipt });
  } catch {
    refused.hidden = false; // taken by another program, or not allowed: there is still the keyboard
    hint.hidden = true;
  }
}

// --- Asking ----------------------------------------------------------------------------------

function found(whom) {
  target = whom;
  if (purpose === "confirm") return stage.show("coming");
  return lookUp();
}

async function lookUp() {
  stage.show("wait");
  again = lookUp;
  const signal = stage.signal();
  let answer;
  try {
    answer = await ask("POST", "status-lookups", { body: target, signal });
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    if (!signal.aborted) stage.show("away");
    return;
  }
  if (!signal.aborted) tell(answer);
}

function tell({ status, body }) {
  if (status === 404) {
    again = () => find(purpose);
    return stage.show("unknown");
  }
  if (status >= 300) return refuse(body, () => find(purpose));
  stage.show("answer", {
    state_text: body.state_text,
    since: say("since", { time: moment(body.since) }),
    next: body.next,
    place_in_line: body.place_in_line && say("place", { place: number(body.place_in_line) }),
    reason_text: body.reason_text,
    hold: body.hold?.text,
    gate: body.gate?.reason,
  });
  for (const name of ["coming", "not-coming"]) stage.action(name).hidden = !body.can_confirm;
}

function refuse(body, then) {
  again = then;
  stage.show("refused", { title: body?.title ?? "", errors: (body?.errors ?? []).map((one) => one.detail) });
}

// --- Requesting and confirming: written down first, then sent ----------------------------------

async function requestReprint(form) {
  const given = values(form);
  if (!given) return;
  const { reason, paper } = form.dataset;
  const { number: of, issued_on, ...person } = given;
  const body = { ...person, reason, papers: [{ kind: paper, ...(of && { number: of, issued_on }) }] };
  const answer = await deliver({ kind: "reprint", path: "card-requests", body });
  if (!answer) return;
  if (answer.status >= 300) return refuse(answer.body, () => stage.show(`reprint-${reason}`));
  stage.show("sent", { receipt: answer.body.receipt, qr: answer.body.qr_svg });
}

async function confirmComing(coming) {
  const answer = await deliver({ kind: "confirmation", path: "confirmations", body: { ...target, coming } });
  if (!answer) return;
  const { status, body } = answer;
  if (status === 404) {
    again = () => find(purpose);
    return stage.show("unknown");
  }
  if (status >= 300) return refuse(body, () => find(purpose));
  const isReady = coming && body.pickup_code;
  stage.show("confirmed", {
    state: !coming ? say("not-coming") : say(isReady ? "ready" : "not-ready", { state: body.state_text }),
    pickup: Boolean(isReady),
    pickup_code: isReady && body.pickup_code,
    until: isReady && say("until", { time: moment(body.pickup_code_expires_at) }),
    qr: isReady && body.qr_svg,
  });
}

// The office's answer; nothing when the screen has said something else in the meantime.
async function deliver(wish) {
  stage.show("sending");
  const signal = stage.signal();
  const entry = await queue.add(wish);
  const answer = await Promise.race([arrival(entry), new Promise((end) => setTimeout(end, PATIENCE))]);
  showLine(line);
  if (signal.aborted) return null;
  if (answer?.status >= 300) await queue.forget(entry);
  if (answer) return answer;
  const waits = (await queue.waiting()).some((one) => one.n === entry.n);
  if (waits) stage.show("queued", { mark: entry.mark });
  else stage.show("delivered");
  return null;
}

async function arrival(entry) {
  await line.look();
  return queue.takeAnswer(entry);
}

// --- Setting up --------------------------------------------------------------------------------

async function enrol(form) {
  const given = values(form);
  if (!given) return;
  const problem = stage.slot("problem");
  try {
    const { status, body } = await ask("POST", "device-enrolments", { body: given, anonymous: true });
    if (status >= 300) return complain(form.elements.code, "wrong-code");
    await keepDeviceKey(body.key);
  } catch (error) {
    if (!(error instanceof Later)) throw error;
    problem.textContent = say("away");
    problem.hidden = false;
    return;
  }
  await line.look();
  start();
}

// --- The page ----------------------------------------------------------------------------------

const FORMS = {
  setup: enrol,
  reprint: requestReprint,
  receipt: (form) => ifRight(form, ({ receipt }) => found({ receipt })),
  identity: (form) => ifRight(form, found),
};
const ACTIONS = {
  again: () => again(),
  scan: scanWithCamera,
  coming: () => confirmComing(true),
  "not-coming": () => confirmComing(false),
};

function ifRight(form, then) {
  const given = values(form);
  return given && then(given);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.go) go(button.dataset);
  if (button?.dataset.do) ACTIONS[button.dataset.do]();
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  FORMS[event.target.dataset.form](event.target);
});
document.addEventListener("input", (event) => shape(event.target));

const isAtRest = () => ["start", "setup"].includes(stage.current());
attach(document.getElementById("stage"));
listenForScanner({ isWanted: () => stage.current() === "start", accept: parseReceipt, then: (receipt) => {
  purpose = "status";
  found({ receipt });
} });
line.addEventListener("change", () => {
  showLine(line);
  if (isAtRest() && (stage.current() === "setup") !== (line.state === "setup")) start();
});
stage.show("start");
watchIdleness({ notice: document.getElementById("idle"), isEmpty: isAtRest, leave: start });
await line.start();
const renew = await install({ quiet: isAtRest });
line.addEventListener("change", () => renew?.());
document.documentElement.dataset.ready = "yes";
