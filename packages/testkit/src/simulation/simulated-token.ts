import type { KeptToken, SecretSource, TokenRequest } from '@evertoken/client';
import { identified } from '@evertoken/client/secrets';
import type { Accuse } from './broken-promise.ts';
import { CallerWatch } from './caller-watch.ts';
import { IdleRules } from './idle-rules.ts';
import { IssuerHealth } from './issuer-health.ts';
import { ASSERTION } from './issuer-watch.ts';
import { MintBudgetRules } from './mint-budget-rules.ts';
import { PromisedPace } from './promised-pace.ts';
import { RegisteredClient } from './registered-client.ts';
import type { SimulatedIssuer } from './simulated-issuer.ts';
import type { WorldTime } from './world-time.ts';
import type { TokenScript, YearScript } from './year-script.ts';

/** What a token of a simulated year lives in. */
export interface TokenWorld {
  readonly time: WorldTime;
  readonly issuer: SimulatedIssuer;
  readonly accuse: Accuse;
  isStorePrompt(): boolean;
}

/** One token of a simulated year: what is asked for, who reads it, and what it is judged by. */
export class SimulatedToken {
  readonly name: string;
  readonly script: TokenScript;
  readonly issuer: SimulatedIssuer;
  readonly client: RegisteredClient;
  readonly pace: PromisedPace;
  readonly health: IssuerHealth;
  readonly callers: CallerWatch;
  /** Its place in the store. */
  storeKey = '';
  /** True ms at which the next steady caller comes. */
  nextReadAt: number;
  /** The program closed it, and not the keeper. */
  isClosed = false;
  /** A successor of the held token is due at once, because it was rejected. */
  expectsForced = false;
  readonly #accuse: Accuse;
  #kept: KeptToken | undefined;

  constructor(index: number, year: YearScript, script: TokenScript, world: TokenWorld) {
    const { time, issuer, accuse, isStorePrompt } = world;
    this.name = `token ${index}`;
    this.script = script;
    this.issuer = issuer;
    this.nextReadAt = script.readEveryMs ?? Number.POSITIVE_INFINITY;
    const accuseOf: Accuse = (code, what, cause) => accuse(code, year.tokens.length > 1 ? `${this.name}: ${what}` : what, cause);
    this.#accuse = accuseOf;
    const rules = {
      issuer: issuer.rules,
      idle: new IdleRules(script.isDeclared, time.now()),
      budget: new MintBudgetRules(year.maxMintsPerDay),
    };
    const proofs = [script.proof === 'assertion' ? ASSERTION : 'secret-0'];
    this.pace = new PromisedPace(time, accuseOf, proofs, rules);
    const neighbours = year.tokens.filter((other) => other !== script && other.issuer === script.issuer).length;
    const options = { isTimed: year.schedule === 'timer', maxSleepMs: year.maxSleepMs, neighbours };
    this.health = new IssuerHealth(time, this.pace, accuseOf, options);
    this.callers = new CallerWatch(time, { pace: this.pace, health: this.health, isStorePrompt }, accuseOf);
    this.client = new RegisteredClient(index, time, this.pace, { seconds: script.lifetimeSeconds, told: script.told });
    issuer.register(this.name, this.client);
  }

  /** What the program asks the keeper to keep. */
  get request(): TokenRequest {
    const { name, script, pace } = this;
    const host = `https://issuer-${script.issuer.toLowerCase()}.example.com`;
    const common = { tokenEndpoint: `${host}/oauth/token`, clientId: name, audience: 'https://orders.example.com' };
    if (script.proof === 'assertion') return { ...common, privateKey: { alg: 'RS256', sign: (data) => data.slice(0, 256) } };
    return { ...common, clientSecret: pace.proofs.map((secret) => (script.proof === 'secret' ? secret : this.#sourceOf(secret))) };
  }

  get kept(): KeptToken {
    if (this.#kept === undefined) throw new Error(`${this.name} was never kept.`);
    return this.#kept;
  }

  set kept(kept: KeptToken) {
    this.#kept = kept;
    this.callers.current = kept;
  }

  get isKept(): boolean {
    return this.pace.isKept;
  }

  /** Takes note of how its issuer is from now on. */
  note(proofsAtIssuer: number): void {
    const { issuer, client, pace } = this;
    const isWell = issuer.serves(client, pace.proofs) && !pace.isSourceDown;
    this.health.note({ isWell, isRepeating: issuer.repeats, isPrompt: issuer.isPrompt(proofsAtIssuer) });
  }

  /** It is kept no longer. An attempt that was about to be sent has taken its place in the issuer's rate all the same. */
  end(): void {
    const { pace, issuer } = this;
    if (!pace.isAsking && issuer.rules.isOpen && this.kept.status().isMinting) issuer.rules.spend();
    pace.end();
  }

  /** All that happens at this moment has happened. */
  endAct(): void {
    const { pace, callers } = this;
    callers.lookForAborted();
    const isWaiting = this.isKept && !pace.isAsking && this.kept.status().isMinting;
    if (this.expectsForced && pace.rejections.isUnheard && !isWaiting) {
      this.#accuse('rejection_ignored', 'the held token was rejected, a successor is allowed, and none was asked for');
    }
    this.expectsForced = false;
    pace.rejections.end(isWaiting);
    if (!isWaiting) pace.demandedMs = 0;
  }

  #sourceOf(secret: string): SecretSource {
    const read = () => (this.pace.isSourceDown ? Promise.reject(new Error('The vault is sealed.')) : Promise.resolve(secret));
    // Written out anew each time it is asked for: it tells by itself that it is the same, or another.
    return identified(read, ['vault', secret]);
  }
}
