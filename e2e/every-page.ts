/** All that a list of node-auth0 gives, page after page. */
export async function everyItem<Item>(pages: PromiseLike<AsyncIterable<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of await pages) items.push(item);
  return items;
}
