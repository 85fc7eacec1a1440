/** A generation outlives every token that has it: this long after it was taken, ms. */
export const GENERATION_TTL_MS: number = 32 * 86_400_000;

// All keys of a script have the same hash tag, so a cluster has them on one node. Each is run by its digest, and sent whole where that is unknown.

/**
 * Whether an answer of `pcall` is that a right is missing, by the words of Redis 7.2 and of those before it: taken for a key of another type, it would have each
 * process mint for itself, and nobody would be told.
 */
const refusal = `
local function isRefused(answer)
  if type(answer) ~= 'table' or not answer.err then return false end
  return string.find(answer.err, 'NOPERM', 1, true) or string.find(answer.err, 'The user executing the script', 1, true)
end`;

/** KEYS token, generation. The fields of a record, its remaining life, and the last generation. A key of another type is no record. */
const read = `${refusal}
local fields = redis.pcall('HMGET', KEYS[1], 'v', 'g', 'f', 's')
if isRefused(fields) then return fields end
if fields.err then return { '?', false, false, false, redis.call('PTTL', KEYS[1]), false } end
local last = redis.pcall('GET', KEYS[2])
if isRefused(last) then return last end
if type(last) == 'table' then last = false end
return { fields[1], fields[2], fields[3], fields[4], redis.call('PTTL', KEYS[1]), last }`;

/** A generation that nobody had before, or why there is none. */
const taking = `${refusal}
local function take(key, ttl)
  local taken = redis.pcall('INCR', key)
  if isRefused(taken) then return taken end
  if type(taken) == 'table' or taken > 9007199254740000 or taken < 1 then
    redis.call('SET', key, 1)
    taken = 1
  end
  redis.call('PEXPIRE', key, ttl)
  return taken
end`;

/** KEYS generation. ARGV its time to live. A generation that nobody had before. */
const generation = `${taking}
return take(KEYS[1], ARGV[1])`;

/**
 * KEYS lease, generation. ARGV owner, life, time to live of the generation. A generation that nobody had before where the lease is the owner's now, else 0; a
 * lease that would outlive its time is cut to it.
 */
const acquire = `${taking}
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return take(KEYS[2], ARGV[3]) end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > 4 * tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;

/** KEYS lease. ARGV owner, life. */
const renew = `${refusal}
local owner = redis.pcall('GET', KEYS[1])
if isRefused(owner) then return owner end
if owner ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** KEYS lease. ARGV owner. */
const release = `${refusal}
local owner = redis.pcall('GET', KEYS[1])
if isRefused(owner) then return owner end
if owner ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

/**
 * KEYS token, generation. ARGV version, generation, fingerprint, sealed, life, fingerprint of the suspect, generation of an unreadable record, channel, message,
 * time to live of the generation. Lives are compared by what is left of them on the clock of Redis, which all writers share.
 */
const save = `${refusal}
local mine, life = tonumber(ARGV[2]), tonumber(ARGV[5])
local last = redis.pcall('GET', KEYS[2])
if isRefused(last) then return last end
last = type(last) == 'string' and tonumber(last) or 0
local held = redis.pcall('HMGET', KEYS[1], 'g', 'f')
if isRefused(held) then return held end
local g = not held.err and held[1] and tonumber(held[1])
if g and g <= math.max(last, mine) and held[1] ~= ARGV[7] then
  if g >= mine then return 0 end
  local left = redis.call('PTTL', KEYS[1])
  if left > life + 1000 and held[2] ~= ARGV[6] then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'g', ARGV[2], 'f', ARGV[3], 's', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if last < mine then redis.call('SET', KEYS[2], ARGV[2]) end
redis.call('PEXPIRE', KEYS[2], math.max(tonumber(ARGV[10]), life + 86400000))
redis.call('PUBLISH', ARGV[8], ARGV[9])
return 1`;

/** KEYS token. ARGV sealed before, sealed now. */
const reseal = `
if redis.call('HGET', KEYS[1], 's') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 's', ARGV[2])
return 1`;

/** The scripts as ioredis takes them. */
export const scripts: Readonly<Record<keyof ScriptCommands, { lua: string; numberOfKeys: number }>> = {
  evertokenRead: { lua: read, numberOfKeys: 2 },
  evertokenGeneration: { lua: generation, numberOfKeys: 1 },
  evertokenAcquire: { lua: acquire, numberOfKeys: 2 },
  evertokenRenew: { lua: renew, numberOfKeys: 1 },
  evertokenRelease: { lua: release, numberOfKeys: 1 },
  evertokenSave: { lua: save, numberOfKeys: 2 },
  evertokenReseal: { lua: reseal, numberOfKeys: 1 },
};

/** What a client can do that was made with {@link scripts}. */
export interface ScriptCommands {
  evertokenRead(tokenKey: string, generationKey: string): Promise<unknown[]>;
  evertokenGeneration(generationKey: string, ttlMs: number): Promise<unknown>;
  evertokenAcquire(leaseKey: string, generationKey: string, owner: string, ms: number, ttlMs: number): Promise<unknown>;
  evertokenRenew(leaseKey: string, owner: string, ms: number): Promise<unknown>;
  evertokenRelease(leaseKey: string, owner: string): Promise<unknown>;
  evertokenSave(tokenKey: string, generationKey: string, ...args: readonly (string | number)[]): Promise<unknown>;
  evertokenReseal(tokenKey: string, before: string, now: string): Promise<unknown>;
}
