// A stand-in for the platform, so that this runs in a browser. It has the shape of the real one: callbacks, no `fetch`,
// no cookies, header names as they come. On a device there is `wx`, and this file goes.

/** What a person may like to see of it. */
export const asked = { codes: 0, requests: 0, told: () => {} };

export const wx = {
  request({ url, method = "GET", header = {}, data, success, fail }) {
    asked.requests += 1;
    asked.told();
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(header)) request.setRequestHeader(name, value);
    request.onload = () => {
      const lines = request.getAllResponseHeaders().trim().split("\r\n");
      success({
        statusCode: request.status,
        data: request.responseText,
        header: Object.fromEntries(lines.map((line) => line.split(": "))),
      });
    };
    request.onerror = () => fail({ errMsg: "request:fail" });
    request.send(data);
    return { abort: () => request.abort() };
  },

  /** A code for whoever holds the device; the mock server mints it. */
  login({ success, fail }) {
    asked.codes += 1;
    asked.told();
    const request = new XMLHttpRequest();
    request.open("POST", "/wx/code");
    request.setRequestHeader("Content-Type", "application/json");
    request.onload = () => success({ code: JSON.parse(request.responseText).code });
    request.onerror = () => fail({ errMsg: "login:fail" });
    request.send(JSON.stringify({ email: "user@example.com" }));
  },

  getStorage({ key, success, fail }) {
    const data = localStorage.getItem(`wx:${key}`);
    if (data === null) fail({ errMsg: "getStorage:fail data not found" });
    else success({ data });
  },
  setStorage({ key, data, success }) {
    localStorage.setItem(`wx:${key}`, data);
    success({});
  },
  removeStorage({ key, success }) {
    localStorage.removeItem(`wx:${key}`);
    success({});
  },
};
