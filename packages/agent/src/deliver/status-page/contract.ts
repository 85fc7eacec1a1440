// What the status page is told, as types alone: it is all that a page may import of the agent. Instants are epoch ms, by the agent's clock. No token, no
// secret and no app key is in any of it, save the one new key of a `NewKey`.

/** What `GET /status/events` sends, as server-sent events named `status`: first all there is, then what changed. */
export interface StatusUpdate {
  /** Names this state; sent as `Last-Event-ID`, the stream goes on from there where the agent still knows it. */
  readonly id: string;
  /** Whether this is all there is, and what was known before is to be forgotten. */
  readonly isWhole: boolean;
  /** When it was made. */
  readonly now: number;
  readonly agent?: AgentStanding;
  readonly store?: StoreStanding;
  /** Those that are new or other than before. */
  readonly tokens?: readonly TokenStanding[];
  readonly apps?: readonly AppStanding[];
  readonly issuers?: readonly IssuerStanding[];
}

/** The agent itself. `tokens`, `apps` and `issuers` name all that there are, in the order to show them. */
export interface AgentStanding {
  readonly version: string;
  readonly startedAt: number;
  readonly listen: readonly string[];
  readonly config: {
    /** Path; null where the config comes from the environment. */
    readonly file: string | null;
    readonly generation: number;
    readonly loadedAt: number;
    /** Why the last reload was refused; null where it was not. */
    readonly problem: string | null;
    /** What was changed and waits for the next start. */
    readonly needsRestart: readonly string[];
  };
  readonly tokens: readonly string[];
  readonly apps: readonly string[];
  readonly issuers: readonly string[];
}

/** Where tokens survive. */
export interface StoreStanding {
  readonly kind: 'file' | 'redis' | 'postgres';
  /** Whether the shared store is away, so that each agent mints for itself. */
  readonly isDegraded: boolean;
  /** Whether this agent's own disk has not taken a token yet, which a restart would lose. */
  readonly hasUnsavedTokens: boolean;
  /** What the fleet calls this agent; null where it shares with nobody. */
  readonly writer: string | null;
  /** Of a shared store, since the start: commands that failed, records that could not be read, leases that another agent had. */
  readonly counts: { readonly failed: number; readonly unreadable: number; readonly leaseWaits: number } | null;
}

/** Where a token stands. See `TokenState` of the client. */
export type StandingState = 'empty' | 'fresh' | 'due' | 'urgent' | 'expired';

/** One token. */
export interface TokenStanding {
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly audience: string | null;
  readonly organization: string | null;
  readonly state: StandingState;
  /** An API answered 401 to it and no successor is there yet. */
  readonly isSuspect: boolean;
  readonly isMinting: boolean;
  /** Callers that wait for a mint. */
  readonly waiters: number;
  /** The held token; null while there is none. */
  readonly held: HeldStanding | null;
  readonly nextMintAt: number | null;
  /** How the held token came; `by` names the agent of the fleet that minted it, where the store is shared. */
  readonly lastMint: {
    readonly at: number;
    readonly durationMs: number;
    readonly from: 'issuer' | 'store';
    readonly by: string | null;
  } | null;
  /** The failure that stands; null where the last attempt succeeded. */
  readonly failure: FailureStanding | null;
  /** Mints of this process. */
  readonly mints: number;
  /** How many entries its history has had; another number means that `GET /status/history/NAME` answers something new. */
  readonly happened: number;
  readonly quota: readonly QuotaStanding[];
  /** What its API said last of its rate limit, through the proxy; null where it said nothing. */
  readonly apiLimit: { readonly limit: number; readonly remaining: number } | null;
}

/** A held token, named by its fingerprint. */
export interface HeldStanding {
  readonly fingerprint: string;
  /** What was granted, or asked for where the issuer named nothing; null for all that is granted. */
  readonly scope: string | null;
  readonly askedAt: number;
  readonly dueAt: number;
  readonly urgentAt: number;
  /** From then on it is not handed out. */
  readonly usableUntil: number;
  readonly expiresAt: number;
}

/** Why a token could not be minted. */
export interface FailureStanding {
  readonly at: number;
  readonly code: string;
  /** What happened, what that means, and what mends it. */
  readonly message: string;
  readonly meaning: string;
  readonly step: string;
  readonly retryable: boolean;
  /** That failed in a row. */
  readonly attempts: number;
  readonly nextAttemptAt: number;
}

/** One bucket of an issuer's quota for a client or organization. */
export interface QuotaStanding {
  readonly owner: 'client' | 'organization';
  readonly bucket: string;
  readonly quota: number;
  readonly remaining: number;
  readonly resetsAt: number;
}

/** One app, since the start of the agent. Who is no app is counted under a name in brackets. */
export interface AppStanding {
  readonly name: string;
  /** Tokens that it may read, and those that it may call with. */
  readonly reads: readonly string[];
  readonly calls: readonly string[];
  /** When each of its keys ends; null for one without an end. Empty where its own socket is its key. */
  readonly keysEnd: readonly (number | null)[];
  readonly handOuts: number;
  readonly proxied: number;
  readonly refusals: number;
  readonly lastUsedAt: number | null;
  readonly lastRefusal: { readonly at: number; readonly status: number } | null;
  /** Requests a second over the last ten. */
  readonly perSecond: number;
}

/** One issuer, by what became of the requests to it. */
export interface IssuerStanding {
  readonly issuer: string;
  /** `refusing`: it answers, but does not grant what was asked for last. `failing`: it cannot be reached or is in trouble. */
  readonly health: 'unknown' | 'good' | 'refusing' | 'failing';
  /** When it was asked last, and how long that took. */
  readonly askedAt: number | null;
  readonly durationMs: number | null;
  /** What it answered: an HTTP status where there was one, else the code of the failure. */
  readonly answer: string | null;
  /** Attempts in a row, over all its tokens, that came to nothing. */
  readonly failures: number;
  /** It is left alone until then; null while it may be asked. */
  readonly leftAloneUntil: number | null;
}

/** What happened to a token: answer of `GET /status/history/NAME`, the oldest first. */
export interface TokenHistory {
  readonly entries: readonly HistoryEntry[];
}
export interface HistoryEntry {
  readonly at: number;
  /** `adopted`: taken from the store in place of minting one. `rejected`: an API answered 401 to it. */
  readonly kind: 'minted' | 'adopted' | 'failed' | 'rejected';
  /** How long the issuer took; null where it was not asked. */
  readonly durationMs: number | null;
  readonly fingerprint: string | null;
  /** Of a failure its code, of an adoption who minted. */
  readonly note: string | null;
}

/** Answer of `POST /status/tokens/NAME/mint`. */
export interface MintOutcome {
  readonly isMinted: boolean;
  /** For a person: what became of it, or why not. */
  readonly message: string;
}

/** Answer of `POST /status/keys`, with the one copy of the key that there is. */
export interface NewKey {
  readonly app: string;
  readonly key: string;
  /** Where in the config its lines go: `In evertoken.yaml, below apps`. */
  readonly where: string;
  /** Lines of the config, as they fit in there. */
  readonly config: string;
}

/** Body of a refusal (RFC 9457), as far as a page reads it. */
export interface PageProblem {
  readonly code: string;
  readonly detail: string;
  /** Of `session_missing`: what to type for a link. */
  readonly command?: string;
}
