// How is the office asked? One question, one answer; or Later, when nobody can know whether it arrived.

import { deviceKey } from "./vault.js";

const ROOT = "/api/v1/";
const PATIENCE = 10_000; // milliseconds for one answer; longer than the office's slowest, shorter than a resident's

// The question may be put again under the same key: nothing came back, or the office asked for patience.
export class Later extends Error {
  constructor(message, seconds = 0) {
    super(message);
    this.seconds = seconds; // the office's own wish, 0 when it had none
  }
}

export async function ask(method, path, { body, idempotencyKey, signal, anonymous = false } = {}) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (!anonymous) headers.Authorization = `Device ${await deviceKey()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  const answer = await fetched(ROOT + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])]),
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
  });
  if (isPassing(answer)) throw new Later(`answer ${answer.status}`, answer.retryAfter);
  return answer;
}

// An answer is one only when its whole body came. A browser takes a line that broke among the headers for
// an answer without a body; every answer of the office has one.
async function fetched(address, options) {
  try {
    const response = await fetch(address, options);
    const retryAfter = Number(response.headers.get("Retry-After")) || 0;
    return { status: response.status, retryAfter, body: await response.json() };
  } catch (error) {
    throw new Later(error.message);
  }
}

function isPassing({ status, body }) {
  const inFlight = status === 409 && body?.type?.endsWith(":idempotency-key-in-flight");
  return inFlight || status === 429 || status >= 500;
}
