// What does the QR in front of the camera say? Only where the browser itself can read one.

const LOOK = 200; // milliseconds between two looks at the picture

export const canScan = async () =>
  "BarcodeDetector" in globalThis &&
  Boolean(navigator.mediaDevices) &&
  (await BarcodeDetector.getSupportedFormats()).includes("qr_code");

// Resolves with the first text for which ``accept`` gives something; the camera goes off with ``signal``.
export async function scan(video, { accept, signal }) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  signal.addEventListener("abort", stop);
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  try {
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
