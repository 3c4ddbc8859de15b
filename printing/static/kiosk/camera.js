// What does the QR in front of the camera say? The browser's own reader tells, or the one we carry along.

import { BarcodeDetector as OwnReader } from "./vendor/qr/decode.js";

const LOOK = 200; // milliseconds between two looks at the picture
const QR = { formats: ["qr_code"] };
const SHARP = { width: { ideal: 1280 }, height: { ideal: 720 } }; // a receipt fills a third of it
const PICTURE = { facingMode: "environment", ...SHARP };

// Is there a camera at all? Whether we may use it is asked when somebody wants to.
export async function canScan() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.some((device) => device.kind === "videoinput");
}

// Resolves with the first text for which ``accept`` gives something; the camera goes off with ``signal``.
export async function scan(video, { accept, signal }) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) return null;
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    const detector = await reader();
    while (!signal.aborted) {
      for (const code of await detector.detect(video)) {
        const accepted = accept(code.rawValue);
        if (accepted) return accepted;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    return null;
  } finally {
    stop();
    video.hidden = true;
  }
}

async function reader() {
  const native = globalThis.BarcodeDetector;
  const reads = native && (await native.getSupportedFormats()).includes("qr_code");
  return new (reads ? native : OwnReader)(QR);
}
