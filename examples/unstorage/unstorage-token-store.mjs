import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { isBelievable, TokenSeal } from '@evertoken/client/shared-store';

/**
 * Tokens that processes share through any driver of unstorage. It has no leases, because few drivers could: each process looks into the storage before it
 * asks the issuer, and takes up what it finds; those that are due in the same moment each ask for themselves.
 *
 * @param {import('unstorage').Storage} storage
 * @param {{ keys: readonly Uint8Array[], prefix?: string }} options `keys` seal the tokens: 32 bytes, or two such while they are being changed
 * @returns {import('@evertoken/client').SharedTokenStore}
 */
export function unstorageTokenStore(storage, { keys, prefix = 'evertoken' }) {
  const seal = new TokenSeal(keys);
  const nameOf = (/** @type {string} */ key) => `${prefix}:${key}`;

  /** @type {import('@evertoken/client').TokenStore['load']} */
  async function load(key) {
    const record = await storage.getItem(nameOf(key));
    // What is cut, changed, of another key or of another token is no token, and the next mint replaces it.
    const token = typeof record === 'string' ? seal.open(Buffer.from(record, 'base64'), nameOf(key))?.token : undefined;
    return token !== undefined && isBelievable(token, Date.now()) ? token : undefined;
  }

  /** @param {string} key @param {import('@evertoken/client').StoredToken} token @param {string} [suspect] fingerprint of a token that was rejected */
  async function save(key, token, suspect) {
    const stored = await load(key);
    // Whoever is late does not undo what another has done, unless that is the token that has to go.
    if (stored !== undefined && stored.expiresAt > token.expiresAt && fingerprintOf(stored) !== suspect) return false;
    const ttl = Math.ceil((token.expiresAt - Date.now()) / 1000);
    await storage.setItem(nameOf(key), Buffer.from(seal.seal(token, nameOf(key))).toString('base64'), { ttl });
    return true;
  }

  return {
    writer: `${hostname()}/${process.pid}`,
    load,
    save: async (key, token) => void (await save(key, token)),
    remove: (key) => storage.removeItem(nameOf(key)),
    // Everybody may mint, at any time.
    acquire: async (key) => ({ renew: async () => true, save: (token, suspect) => save(key, token, suspect), release: async () => {} }),
    // Nobody is told: a process finds what another has saved when its own token is due.
    watch: () => () => {},
    close: () => storage.dispose(),
  };
}

/** @param {import('@evertoken/client').StoredToken} token */
function fingerprintOf({ accessToken }) {
  return createHash('sha256').update(accessToken).digest('hex').slice(0, 16);
}
