// Keeps a page fresh: asks for its fragment and replaces only the parts whose text has changed, so that
// nothing flickers, and what has the focus keeps it.
"use strict";
{
  const root = document.querySelector("[data-fresh]");
  const parts = root.querySelector(".fresh-parts");
  const lost = root.querySelector(".fresh-lost");
  const seconds = Number(root.dataset.seconds);
  const drawn = new Map();
  let heard = new Date();

  const note = (part) => part.outerHTML;
  for (const part of parts.children) drawn.set(part.dataset.part, note(part));

  const refocus = (part, href) => {
    const link = href && [...part.querySelectorAll("a")].find((one) => one.getAttribute("href") === href);
    if (link) link.focus({ preventScroll: true });
  };

  const replace = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    const names = [...fresh.children].map((part) => part.dataset.part).join();
    if (names !== [...parts.children].map((part) => part.dataset.part).join()) {
      parts.replaceChildren(...fresh.children);
      for (const part of parts.children) drawn.set(part.dataset.part, note(part));
      return;
    }
    for (const part of [...fresh.children]) {
      const name = part.dataset.part;
      const text = note(part);
      if (drawn.get(name) === text) continue;
      const old = parts.querySelector(`:scope > [data-part="${name}"]`);
      const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      if (old.getAttribute("aria-live")) { // replaced inside, so that it is read out
        old.className = part.className;
        old.replaceChildren(...part.childNodes);
      } else old.replaceWith(part);
      drawn.set(name, text);
      refocus(parts.querySelector(`:scope > [data-part="${name}"]`), focused);
    }
  };

  const ask = async () => {
    if (document.hidden) return true;
    try {
      const answer = await fetch(root.dataset.fresh, { credentials: "same-origin", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 403) {
        window.location.reload(); // signed out: the sign-in page says so
        return false;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      replace(await answer.text());
      if (answer.headers.get("X-Fresh") === "done") {
        window.location.reload(); // nothing more will change
        return false;
      }
      heard = new Date();
      lost.hidden = true;
    } catch {
      const at = heard.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      lost.textContent = `${root.dataset.lost} ${at}.`;
      lost.hidden = false;
    }
    return true;
  };

  const again = () => setTimeout(async () => { if (await ask()) again(); }, seconds * 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  again();
}
