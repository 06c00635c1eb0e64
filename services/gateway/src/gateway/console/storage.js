// What this device keeps: forms to fill in away from any network, drafts, and what waits to be sent.

const STORE = "kept";

/** @type {Promise<IDBDatabase> | null} */
let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("ronde", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opening;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} once the device has written it
 */
async function within(mode, act) {
  const opened = await database();
  return new Promise((resolve, reject) => {
    const transaction = opened.transaction(STORE, mode, { durability: "strict" });
    const asked = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {string} key @returns {Promise<any>} undefined where nothing is kept */
export function read(key) {
  return within("readonly", (store) => store.get(key));
}

/** @param {string} key @param {any} value */
export async function write(key, value) {
  await within("readwrite", (store) => store.put(value, key));
}

/** @param {string} key */
export async function drop(key) {
  await within("readwrite", (store) => store.delete(key));
}

/** List what is kept under keys that begin alike. @param {string} prefix @returns {Promise<any[]>} */
export function allUnder(prefix) {
  return within("readonly", (store) => store.getAll(under(prefix)));
}

/** @param {string} prefix */
export async function dropUnder(prefix) {
  await within("readwrite", (store) => store.delete(under(prefix)));
}

/** @param {string} prefix */
function under(prefix) {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}
