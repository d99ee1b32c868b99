// The platform of a mini-program, of which nothing is like `fetch`, and the adapter its guide shows.
window.codes = 0;
window.refuseCodes = false;
window.wx = {
  request({ url, method, header, data, success, fail }) {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(header ?? {})) request.setRequestHeader(name, value);
    request.onload = () =>
      success({
        statusCode: request.status,
        data: request.responseText,
        header: Object.fromEntries(
          request
            .getAllResponseHeaders()
            .trim()
            .split("\r\n")
            .map((line) => line.split(": ")),
        ),
      });
    request.onerror = () => fail({ errMsg: "request:fail" });
    request.send(data);
  },
  login({ success }) {
    window.codes += 1;
    if (window.refuseCodes) return success({ code: "spent" });
    wx.request({
      url: location.origin + "/wx/code",
      method: "POST",
      header: { "Content-Type": "application/json" },
      data: JSON.stringify({ email: window.who ?? "user@example.com" }),
      success: ({ data }) => success(JSON.parse(data)),
    });
  },
};
window.request = (input, init = {}) =>
  new Promise((resolve, reject) =>
    wx.request({
      url: String(input),
      method: init.method ?? "GET",
      header: Object.fromEntries(new Headers(init.headers)),
      data: init.body,
      success: ({ statusCode, header, data }) =>
        resolve({
          status: statusCode,
          ok: statusCode < 400,
          headers: { get: (name) => header[name.toLowerCase()] ?? null },
          text: async () => data,
          json: async () => JSON.parse(data),
        }),
      fail: ({ errMsg }) => reject(new TypeError(errMsg)),
    }),
  );
window.reauthenticate = () =>
  new Promise((success) => wx.login({ success: ({ code }) => success({ code }) }));
