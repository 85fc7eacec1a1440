import type { TokenErrorCode, TokenErrorDetails } from '@evertoken/client';
import type { ConfigPlaces } from '../config/agent-config.ts';
import { answerRows, type ExplanationRow, otherRows } from './explain-rows.ts';

/** Why a token cannot be had, for a person. Holds no secret. */
export interface Explanation {
  /** What happened, with the issuer's own words. */
  readonly what: string;
  /** What that means. */
  readonly meaning: string;
  /** What mends it, and where. */
  readonly step: string;
}

/** The parts of a `TokenError` that an explanation is made of; a `lastFailure` of a status has them too, but for the details. */
export interface FailureFacts {
  readonly code: TokenErrorCode;
  readonly message: string;
  readonly details?: TokenErrorDetails;
}

/** What a failure means and what mends it. `places` tell where each part of the request was configured. */
export function explainFailure(failure: FailureFacts, places: ConfigPlaces): Explanation {
  const row = [...answerRows, ...otherRows].find((candidate) => fits(candidate, failure));
  return { what: failure.message, meaning: row?.meaning ?? '', step: row?.step(places) ?? '' };
}

/** {@link explainFailure} for programs and for callers without a key: it leaves out where a secret is kept, which the operator alone has in the log. */
export function explainToPrograms(failure: FailureFacts, places: ConfigPlaces): Explanation {
  const told = failure.code === 'secret_unavailable' ? { ...failure, message: 'No secret for the issuer is at hand.' } : failure;
  return explainFailure(told, places);
}

function fits(row: ExplanationRow, { code, details = {} }: FailureFacts): boolean {
  const { status, oauthError, oauthErrorDescription: said = '', systemCode = '' } = details;
  return (
    row.codes.includes(code) &&
    (row.status === undefined || row.status === status) &&
    (row.oauthError === undefined || row.oauthError === oauthError) &&
    (row.says === undefined || row.says.test(said)) &&
    (row.system === undefined || row.system.test(systemCode))
  );
}
