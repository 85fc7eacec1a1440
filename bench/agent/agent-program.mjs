/** Where the set-up puts our packages as they are published: not below bench/, whose own packages would stand in for their dependencies. */
export const packedHome = new URL('../../node_modules/.evertoken-packed/node_modules/', import.meta.url);

/** The `evertoken` command: as it is published, and as it is developed (a file a module). */
export const programs = {
  packed: new URL('evertoken/dist/evertoken.cjs', packedHome),
  workspace: new URL('../../packages/cli/dist/evertoken.cjs', import.meta.url),
};

/** The packages that it is made of. */
export const packedNames = ['evertoken', '@evertoken/agent', '@evertoken/client', '@evertoken/service', '@evertoken/tenant'];
