// How does somebody type who has only a screen? Keys of our own, for the field that was touched last.

import { say } from "./words.js";

const LAYOUTS = {
  digits: ["123", "456", "789", "⌫0"],
  letters: ["1234567890", "QWERTYUIOP", "ASDFGHJKL/", "ZXCVBNM-.⌫"],
};

export function attach(stage) {
  const pad = document.createElement("div");
  pad.className = "keypad";
  pad.setAttribute("role", "group");
  pad.setAttribute("aria-label", say("keypad"));
  let target = null;

  pad.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("button")?.value;
    if (key && target) type(target, key);
  });
  stage.addEventListener("focusin", (event) => {
    if (!event.target.matches("input[data-keys]")) return;
    target = event.target;
    show(pad, target.dataset.keys);
    target.closest(".field").after(pad);
  });
}

function show(pad, layout) {
  if (pad.dataset.layout === layout) return;
  pad.dataset.layout = layout;
  pad.replaceChildren(
    ...LAYOUTS[layout].map((row) => {
      const line = document.createElement("div");
      line.append(...[...row].map(button));
      return line;
    }),
  );
}

function button(key) {
  const made = document.createElement("button");
  made.type = "button";
  made.value = made.textContent = key;
  made.tabIndex = -1; // whoever has a keyboard uses that
  if (key === "⌫") made.setAttribute("aria-label", say("erase"));
  return made;
}

function type(input, key) {
  input.value = key === "⌫" ? input.value.slice(0, -1).trimEnd() : input.value + key;
  input.setSelectionRange(input.value.length, input.value.length);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
