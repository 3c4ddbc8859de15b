// Is what was typed what it should be, before the office is troubled with it? The office checks again.

import { say } from "./words.js";

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_MODULUS = 37n; // printing/receipt.py

const digits = (text) => text.replace(/\D/g, "");

function receipt(text) {
  const symbols = text.toUpperCase().replace(/[\s\-–—_.]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (symbols.length !== 17 || [...symbols].some((symbol) => !CROCKFORD.includes(symbol))) return null;
  const value = [...symbols.slice(0, -1)].reduce((sum, symbol) => sum * 32n + BigInt(CROCKFORD.indexOf(symbol)), 0n);
  if (BigInt(CROCKFORD.indexOf(symbols.at(-1))) !== value % CHECK_MODULUS) return null;
  return symbols.match(/.{1,4}/g).join("-");
}

function isoDate(text) {
  const [, day, month, year] = digits(text).match(/^(\d{2})(\d{2})(\d{4})$/) ?? [];
  const at = new Date(Date.UTC(year, month - 1, day));
  const isReal = at.getUTCDate() === Number(day) && at.getUTCMonth() === month - 1 && at.getUTCFullYear() >= 1900;
  return isReal ? `${year}-${month}-${day}` : null;
}

const sixteen = (text) => (digits(text).length === 16 ? digits(text) : null);

// What each kind of field says to the office; null is a mistake.
const READ = { receipt, date: isoDate, nik: sixteen, family: sixteen, text: (text) => text.trim() };

// 16 digits are read in fours, and a date in its parts.
const SHOWN = {
  nik: (text) => digits(text).slice(0, 16).replace(/(\d{4})(?=\d)/g, "$1 "),
  family: (text) => digits(text).slice(0, 16).replace(/(\d{4})(?=\d)/g, "$1 "),
  date: (text) => digits(text).slice(0, 8).replace(/^(\d{2})(\d)/, "$1-$2").replace(/^(\d{2}-\d{2})(\d)/, "$1-$2"),
  receipt: (text) => text.toUpperCase(),
};

export const parseReceipt = receipt;

export function shape(input) {
  const shown = SHOWN[input.dataset.kind];
  if (!shown || input.selectionStart !== input.value.length) return; // never under a cursor in the middle
  input.value = shown(input.value);
}

// The form's values by name; null when something is wrong, and then each wrong field says what.
export function values(form) {
  const found = {};
  let first = null;
  for (const input of form.querySelectorAll("input[data-kind]")) {
    const value = input.value.trim() === "" ? "" : READ[input.dataset.kind](input.value);
    const wrong = value === null ? `wrong-${input.dataset.kind}` : input.required && !value ? "wrong-required" : null;
    complain(input, wrong);
    if (wrong) first ??= input;
    found[input.name] = value;
  }
  first?.focus();
  return first ? null : found;
}

export function complain(input, word) {
  const place = document.getElementById(`${input.id}-error`);
  place.hidden = !word;
  place.textContent = word ? say(word) : "";
  input.toggleAttribute("aria-invalid", false);
  if (word) input.setAttribute("aria-invalid", "true");
}
