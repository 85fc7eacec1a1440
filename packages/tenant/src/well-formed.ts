/** Whether no half of a pair of surrogates stands alone in `text`: no UTF-8 has it, so no store keeps it. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
