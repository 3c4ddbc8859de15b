// Which words does a script show? Those of the page: the server has written them in its language.

const { lang, dataset } = document.documentElement;
const spoken = new Map(
  [...document.getElementById("words").content.querySelectorAll("[data-word]")].map((one) => [
    one.dataset.word,
    one.textContent,
  ]),
);

export function say(word, facts = {}) {
  return (spoken.get(word) ?? "").replace(/\{(\w+)\}/g, (_whole, name) => facts[name] ?? "");
}

const format = (options) => new Intl.DateTimeFormat(lang, { timeZone: dataset.timeZone, ...options });
const clock = format({ hour: "2-digit", minute: "2-digit" });
const day = format({ day: "numeric", month: "long", year: "numeric" });
const near = format({ weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const counted = new Intl.NumberFormat(lang);

export const time = (moment) => clock.format(new Date(moment));
export const date = (moment) => day.format(new Date(moment));
export const number = (count) => counted.format(count);
export const weekday = (moment) => near.format(new Date(moment));
export const moment = (at) => (date(at) === date(Date.now()) ? time(at) : `${date(at)}, ${time(at)}`);
