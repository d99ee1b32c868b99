// Runs the page in Chromium against a mock server of its own, and says what it measured, as JSON. To be given a folder with
// the bundled page; EVERTOKEN_MOCK_BIN and CHROMEDRIVER name the programs. `cargo xtask bench fetch` does all of that.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { startMock } from "evertoken/testing";

const [folder] = process.argv.slice(2);
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

const mock = await startMock(["--static", folder, "--access-ttl", "1h"]);
const driver = spawn(process.env.CHROMEDRIVER ?? "chromedriver", ["--port=0"], {
  stdio: ["ignore", "pipe", "ignore"],
});
try {
  const port = await new Promise((resolve, reject) => {
    driver.on("error", reject);
    createInterface(driver.stdout).on("line", (line) => {
      const said = /started successfully on port (\d+)/.exec(line);
      if (said) resolve(said[1]);
    });
  });
  const ask = async (method, path, body) => {
    const sent = body && { body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...sent });
    const { value } = await response.json();
    if (!response.ok) throw new Error(value.message);
    return value;
  };
  const alwaysMatch = {
    "goog:chromeOptions": { args: ARGS },
    timeouts: { script: 600_000 },
  };
  const { sessionId } = await ask("POST", "/session", { capabilities: { alwaysMatch } });
  const at = `/session/${sessionId}`;
  try {
    await ask("POST", `${at}/url`, { url: mock.url });
    const script = `const done = arguments[0];
      bench().then((figures) => done({ figures }), (error) => done({ error: String(error?.stack ?? error) }));`;
    const { figures, error } = await ask("POST", `${at}/execute/async`, { script, args: [] });
    if (error) throw new Error(error);
    console.log(JSON.stringify(figures));
  } finally {
    await ask("DELETE", at);
  }
} finally {
  driver.kill();
  await once(driver, "exit");
  await mock.stop();
}
