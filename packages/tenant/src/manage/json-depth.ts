/** Levels of a body that the API reads. Far below what a stack holds; what it takes is five levels deep. */
export const deepestBody = 64;

/** Whether `json` has more than `levels` of arrays and objects in each other: such a document would end the stack of whoever walks it. */
export function isDeeperThan(levels: number, json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (isText) {
      if (character === '\\') at += 1;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}
