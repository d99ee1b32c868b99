// Where oidc-provider keeps what it has to remember: maps.
//
// The adapter it brings along is for trying it out: it goes through all tokens of a session at every refresh,
// and forgets the oldest beyond a thousand. Measured with that one it would look slower than it is.
const stored = new Map();
const ofGrant = new Map();

export class Memory {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    const key = this.key(id);
    stored.set(key, payload);
    if (payload.grantId) {
      const keys = ofGrant.get(payload.grantId) ?? new Set();
      ofGrant.set(payload.grantId, keys.add(key));
    }
  }

  async find(id) {
    return stored.get(this.key(id));
  }

  async consume(id) {
    stored.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of ofGrant.get(grantId) ?? []) stored.delete(key);
    ofGrant.delete(grantId);
  }
}
