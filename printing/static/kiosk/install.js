// Is this device ready to work without a line? The service worker keeps the pages; it never sees the API.

const WORKER = "/kiosk/worker.js";

// ``quiet`` says whether the page may be replaced now: nobody is in the middle of something.
export async function install({ quiet }) {
  if (!("serviceWorker" in navigator)) return;
  const policy = globalThis.trustedTypes?.createPolicy("kiosk", { createScriptURL: () => WORKER });
  const hadOne = Boolean(navigator.serviceWorker.controller);
  let isStale = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    isStale = hadOne;
    renew();
  });
  const renew = () => isStale && quiet() && location.reload();
  try {
    await navigator.serviceWorker.register(policy?.createScriptURL("") ?? WORKER, { updateViaCache: "none" });
  } catch (error) {
    if (navigator.onLine && error.name !== "TypeError") throw error; // without a line the old one stays
  }
  await navigator.storage?.persist?.();
  return renew;
}
