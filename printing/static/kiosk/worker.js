// What does a kiosk show without a line? The pages and files named in SHELL, kept whole under VERSION.
// Both constants are written before this file by the server.

const KEPT = `ektp-kiosk-${VERSION}`;

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// From the device first: on a bad line a page that waits is a page that is away.
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !SHELL.includes(pathname)) return;
  event.respondWith(
    caches.open(KEPT).then(async (cache) => (await cache.match(pathname)) ?? fetch(event.request)),
  );
});
