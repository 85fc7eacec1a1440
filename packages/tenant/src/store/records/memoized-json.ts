/** Makes a parser of JSON that answers the same object for the same text: of a hundred thousand rows few differ. */
export function memoizedJson<T>(): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const value = known.get(text) ?? (JSON.parse(text) as T);
    known.set(text, value);
    return value;
  };
}
