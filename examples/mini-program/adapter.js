// What the client needs of a platform that has no `fetch`: this file is the one to copy.

/** `wx.request` as a `fetch`. */
export const fetchWith =
  (wx) =>
  (input, init = {}) =>
    new Promise((resolve, reject) => {
      const { signal } = init;
      if (signal?.aborted) return reject(signal.reason);
      const task = wx.request({
        url: String(input),
        method: init.method ?? "GET",
        header: headers(init.headers),
        data: init.body,
        // Text, whatever it says: the client reads JSON itself.
        dataType: "text",
        success: (answer) => resolve(response(answer)),
        fail: ({ errMsg }) => reject(signal?.aborted ? signal.reason : new TypeError(errMsg)),
      });
      signal?.addEventListener("abort", () => {
        task.abort();
        reject(signal.reason);
      });
    });

/** A plain object, of whatever holds the headers. */
function headers(given = {}) {
  const plain = {};
  if (typeof given.forEach === "function" && !Array.isArray(given))
    given.forEach((value, name) => (plain[name] = value));
  else
    for (const [name, value] of Array.isArray(given) ? given : Object.entries(given))
      plain[name] = value;
  return plain;
}

function response({ statusCode, header, data }) {
  const named = Object.entries(header).map(([name, value]) => [name.toLowerCase(), value]);
  const all = new Map(named);
  return {
    status: statusCode,
    ok: statusCode >= 200 && statusCode < 300,
    headers: { get: (name) => all.get(name.toLowerCase()) ?? null },
    text: async () => data,
    json: async () => JSON.parse(data),
  };
}

/** A callback API as a promise. */
const promised = (call, options) =>
  new Promise((success, fail) =>
    call({ ...options, success, fail: ({ errMsg }) => fail(new Error(errMsg)) }),
  );

/** A login code, which asks nobody. */
export const codeOf = (wx) => async () => {
  const { code } = await promised(wx.login, {});
  return { code };
};

/** Where the refresh token is kept from one start to the next. */
export const storageOf = (wx, key) => ({
  // There is no telling "not there" from other failures, and after either one signs in anew.
  get: () =>
    promised(wx.getStorage, { key }).then(
      ({ data }) => data,
      () => null,
    ),
  set: (data) => promised(wx.setStorage, { key, data }).then(() => {}),
  remove: () => promised(wx.removeStorage, { key }).then(() => {}),
});
