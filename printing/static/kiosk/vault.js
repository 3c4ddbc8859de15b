// What lies on this device, and who can read it? Three small stores; whatever names a person, or lets
// somebody speak as this device, is sealed with a key that no script can take out of the browser.

const NAME = "ektp-kiosk";
const VERSION = 1;
const SEAL = { name: "AES-GCM", length: 256 };
const IV_BYTES = 12; // the length AES-GCM is made for

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("facts"); // the seal, the device's key, the board's last answer
      request.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// Resolves when the disk has it, not when the browser has heard of it.
async function within(store, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, { durability: "strict" });
    const request = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export const read = (store, name) => within(store, "readonly", (rows) => rows.get(name));
export const readAll = (store) => within(store, "readonly", (rows) => rows.getAll());
export const write = (store, value, name) => within(store, "readwrite", (rows) => rows.put(value, name));
export const erase = (store, name) => within(store, "readwrite", (rows) => rows.delete(name));

async function seal() {
  const known = await read("facts", "seal");
  if (known) return known;
  const made = await crypto.subtle.generateKey(SEAL, false, ["encrypt", "decrypt"]);
  try {
    await within("facts", "readwrite", (rows) => rows.add(made, "seal")); // add: the first of two tabs wins
  } catch (error) {
    if (error?.name !== "ConstraintError") throw error;
  }
  return read("facts", "seal");
}

export async function sealed(value) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, data: await crypto.subtle.encrypt({ name: SEAL.name, iv }, await seal(), plain) };
}

export async function unsealed({ iv, data }) {
  const plain = await crypto.subtle.decrypt({ name: SEAL.name, iv }, await seal(), data);
  return JSON.parse(new TextDecoder().decode(plain));
}

export async function deviceKey() {
  const kept = await read("facts", "device");
  return kept && unsealed(kept);
}

export const keepDeviceKey = async (key) => write("facts", await sealed(key), "device");
