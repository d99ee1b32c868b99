// oidc-provider, doing what evertoken-mock's contract `oauth2` does: a public client, a password for a family,
// a refresh token that is good once, an access token that is a JWT of the algorithm named on the command line.
//
// oidc-provider has no password grant, so there is one here; it is not what is measured. Refreshing is wholly
// the package's own.
import { createServer } from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import Provider from "oidc-provider";
import { Memory } from "./memory.mjs";

const alg = process.argv[2];
const api = "https://api.example.com";
const secret = randomBytes(32);

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = { ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig" };

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(url, {
  adapter: Memory,
  jwks: { keys: [key] },
  clients: [
    {
      client_id: "bench",
      token_endpoint_auth_method: "none",
      grant_types: ["password", "refresh_token"],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: "ES256",
    },
  ],
  cookies: { keys: ["unused"] },
  rotateRefreshToken: true,
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  ttl: { AccessToken: 900, RefreshToken: 7 * 86_400, Grant: 30 * 86_400 },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => api,
      getResourceServerInfo: () => ({
        scope: "api",
        accessTokenFormat: "jwt",
        jwt: { sign: alg === "HS256" ? { alg, key: secret } : { alg } },
      }),
    },
  },
});

async function password(ctx) {
  const { client, params } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: params.username });
  grant.addResourceScope(api, "api");
  const grantId = await grant.save();
  const token = new provider.RefreshToken({
    accountId: params.username,
    client,
    grantId,
    gty: "password",
    resource: api,
    scope: "api",
    rotations: 0,
  });
  ctx.body = { refresh_token: await token.save(), token_type: "Bearer" };
}
provider.registerGrantType("password", password, ["username", "password"]);

server.on("request", provider.callback());
console.log(JSON.stringify({ event: "ready", url }));
