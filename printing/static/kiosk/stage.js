// Which screen is shown? A fresh copy of its template; what was there before is gone, with all it held.

const stage = document.getElementById("stage");
let visit = new AbortController();

export const current = () => stage.dataset.screen;
export const signal = () => visit.signal; // of what is shown now; aborted when something else is

export function show(name, facts = {}) {
  visit.abort();
  visit = new AbortController();
  const screen = document.getElementById(`screen-${name}`).content.cloneNode(true);
  for (const [slot, value] of Object.entries(facts)) fill(screen, slot, value);
  stage.dataset.screen = name;
  stage.replaceChildren(screen);
  scrollTo(0, 0);
  (stage.querySelector("input") ?? stage).focus({ preventScroll: true });
  return stage;
}

export const slot = (name) => stage.querySelector(`[data-slot="${name}"]`);
export const action = (name) => stage.querySelector(`[data-do="${name}"]`);

// Nothing to say leaves the slot, and the line it stands in, hidden.
function fill(screen, name, value) {
  const place = screen.querySelector(`[data-slot="${name}"]`);
  if (!place || !value) return;
  if (place instanceof HTMLImageElement) place.src = picture(value);
  else if (Array.isArray(value)) place.replaceChildren(...value.map(item));
  else if (value !== true) place.textContent = value;
  place.hidden = false;
  if (place.parentElement?.parentElement?.matches("dl")) place.parentElement.hidden = false;
}

// The office sends an <svg> for a page; as a file of its own it must name its language.
function picture(svg) {
  const whole = svg.includes("xmlns") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  return `data:image/svg+xml,${encodeURIComponent(whole)}`;
}

function item(text) {
  const line = document.createElement("li");
  line.textContent = text;
  return line;
}
