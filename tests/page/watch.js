// Counts what is alive in a page: timers, listeners, channels. To be imported before what is to be watched begins.

/** @type {{ timers: Set<unknown>, listeners: Set<unknown>, channels: Set<unknown>, memory?: WebAssembly.Memory }} */
export const alive = { timers: new Set(), listeners: new Set(), channels: new Set() };

const { setTimeout: set, clearTimeout: clear, BroadcastChannel: Channel } = globalThis;

globalThis.setTimeout = (callback, ...rest) => {
  const timer = set(
    (...args) => {
      alive.timers.delete(timer);
      callback(...args);
    },
    ...rest,
  );
  alive.timers.add(timer);
  return timer;
};

globalThis.clearTimeout = (timer) => {
  alive.timers.delete(timer);
  clear(timer);
};

const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;

EventTarget.prototype.addEventListener = function (type, callback, options) {
  const listener = { target: this ?? globalThis, type, callback };
  const ended = () => alive.listeners.delete(listener);
  alive.listeners.add(listener);
  if (options?.signal) add.call(options.signal, "abort", ended);
  if (options?.once) add.call(listener.target, type, ended, { once: true });
  return add.call(listener.target, type, callback, options);
};

EventTarget.prototype.removeEventListener = function (type, callback, options) {
  const target = this ?? globalThis;
  for (const listener of alive.listeners) {
    const same = listener.target === target && listener.type === type;
    if (same && listener.callback === callback) alive.listeners.delete(listener);
  }
  return remove.call(target, type, callback, options);
};

globalThis.BroadcastChannel = class extends Channel {
  constructor(name) {
    super(name);
    alive.channels.add(this);
  }
  close() {
    alive.channels.delete(this);
    super.close();
  }
};

// Of every module that is started from now on, the last one's.
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    alive.memory = Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
  }
};

/** @type {Set<WeakRef<object>>} */
const watched = new Set();

/** Counts this object for as long as it is not collected. */
export function watch(object) {
  watched.add(new WeakRef(object));
}

/** How much of everything there is. */
export async function count() {
  const { held = [], pending = [] } = (await navigator.locks?.query()) ?? {};
  for (const one of watched) if (!one.deref()) watched.delete(one);
  return {
    watched: watched.size,
    timers: alive.timers.size,
    listeners: alive.listeners.size,
    channels: alive.channels.size,
    locks: held.length + pending.length,
    memory: alive.memory?.buffer.byteLength ?? 0,
  };
}
