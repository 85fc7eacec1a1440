import type { ApplicationSearch } from './use-application-search.ts';

/** How far a search is, in words; the first `most` of what it found are shown. */
export function SearchLine({ search: { found = [], searched, isAll }, most }: { search: ApplicationSearch; most: number }) {
  return (
    <p role="status" aria-busy={!isAll}>
      {`${found.length.toLocaleString('en')} found among ${searched.toLocaleString('en')} applications`}
      {found.length > most ? `; the first ${most} are shown.` : '.'}
    </p>
  );
}
