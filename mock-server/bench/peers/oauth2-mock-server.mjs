// oauth2-mock-server as it comes, with a key of the algorithm named on the command line. It takes any refresh
// token and remembers none: its refresh is a signature and a random string.
import { OAuth2Server } from "oauth2-mock-server";

const server = new OAuth2Server();
await server.issuer.keys.generate(process.argv[2]);
await server.start(0, "127.0.0.1");
console.log(JSON.stringify({ event: "ready", url: `http://127.0.0.1:${server.address().port}` }));
