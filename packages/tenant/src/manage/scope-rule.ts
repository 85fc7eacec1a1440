/** Which scopes a call needs: one of them, or every one. */
export type ScopeRule = { readonly anyOf: readonly string[] } | { readonly allOf: readonly string[] };
