/** What the marks `##NAME##` and `@@NAME@@` of a document stand for, by NAME: values of JSON. */
export type Keywords = Readonly<Record<string, unknown>>;

const jsonMark = /'@@([\w.-]+)@@'|"@@([\w.-]+)@@"|@@([\w.-]+)@@/g;
const textMark = /##([\w.-]+)##/g;
const anyMark = /(##|@@)([\w.-]+)\1/g;
/** Pages are code, and Auth0's own has `@@config@@` in it, which Auth0 replaces. */
const pageProperty = 'custom_login_page';

/**
 * The text of a document with its marks replaced, as auth0-deploy-cli does before it reads it: `##NAME##` by the value, and `@@NAME@@`, in quotes or not, by
 * its JSON. Marks that `keywords` do not have stay.
 */
export function replaceKeywords(text: string, keywords: Keywords): string {
  return text
    .replaceAll(jsonMark, (mark, ...[single, double, bare]: string[]) => {
      const name = single ?? double ?? bare ?? '';
      return hasKeyword(keywords, name) ? JSON.stringify(keywords[name]) : mark;
    })
    .replaceAll(textMark, (mark, name: string) => (hasKeyword(keywords, name) ? String(keywords[name]) : mark));
}

/** A mark that no keyword replaces. */
export interface OpenMark {
  /** As it stands there. */
  readonly mark: string;
  readonly name: string;
  /** Where it was found, such as `clients[0].name`; empty in a bare text. */
  readonly path: string;
}

/** The first mark in the texts of `value` that `keywords` do not have. */
export function openMarkIn(value: unknown, keywords: Keywords, path = ''): OpenMark | undefined {
  if (typeof value === 'string') {
    for (const [mark, , name = ''] of value.matchAll(anyMark)) if (!hasKeyword(keywords, name)) return { mark, name, path };
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key === pageProperty) continue;
    const found = openMarkIn(inner, keywords, Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const hasKeyword = (keywords: Keywords, name: string): boolean => Object.hasOwn(keywords, name) && keywords[name] !== undefined;
